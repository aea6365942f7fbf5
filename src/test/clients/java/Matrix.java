import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.errors.AnthropicException;
import com.anthropic.errors.AnthropicServiceException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Base64ImageSource;
import com.anthropic.models.messages.ContentBlock;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.ImageBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.TextBlockParam;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.genai.Client;
import com.google.genai.errors.ApiException;
import com.google.genai.errors.GenAiIOException;
import com.google.genai.types.Content;
import com.google.genai.types.FunctionDeclaration;
import com.google.genai.types.FunctionResponse;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.google.genai.types.Part;
import com.google.genai.types.ThinkingConfig;
import com.google.genai.types.Tool;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.OpenAIException;
import com.openai.errors.OpenAIServiceException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.Reasoning;
import com.openai.models.ReasoningEffort;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartImage;
import com.openai.models.chat.completions.ChatCompletionContentPartText;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.responses.EasyInputMessage;
import com.openai.models.responses.FunctionTool;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseIncludable;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseOutputItem;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The vendors' libraries for Java, in the scenes of the matrix (src/test/clients/vendors/matrix.py): reads the cases from its input,
 * plays them side by side, and prints how many there were and what went wrong.
 */
final class Matrix {
    static final ObjectMapper JSON = new ObjectMapper();
    static final HttpClient SIDE = HttpClient.newHttpClient();
    static final String TEXT = "Hello there";
    static final String PNG =
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    static final String DONE = "done: weather of Bonn, weather of Köln \"am Rhein\", weather of Ulm, time of now";
    static final Map<String, Object> CITY = Map.of(
            "type", "object",
            "properties", Map.of("city", Map.of("type", "string")),
            "required", List.of("city"),
            "additionalProperties", false);
    static final Map<String, Map<String, Object>> TOOLS = new LinkedHashMap<>();

    static {
        TOOLS.put("weather", CITY);
        TOOLS.put("time", Map.of("type", "object", "properties", Map.of()));
    }

    static OpenAIClient openai;
    static AnthropicClient anthropic;
    static Client google;

    public static void main(String[] args) throws Exception {
        JsonNode asked = JSON.readTree(System.in);
        String gateway = asked.get("gateway").asText();
        openai = OpenAIOkHttpClient.builder().baseUrl(gateway + "/v1").apiKey("client-key").maxRetries(0).build();
        anthropic = AnthropicOkHttpClient.builder().baseUrl(gateway).apiKey("client-key").maxRetries(0).build();
        HttpRetryOptions once = HttpRetryOptions.builder().attempts(1).build();
        google = Client.builder()
                .apiKey("client-key")
                .httpOptions(HttpOptions.builder().baseUrl(gateway).retryOptions(once).build())
                .build();
        ConcurrentLinkedQueue<String> problems = new ConcurrentLinkedQueue<>();
        ExecutorService workers = Executors.newFixedThreadPool(16);
        for (JsonNode each : asked.get("cases")) {
            workers.execute(() -> {
                try {
                    of(each).play();
                } catch (Throwable problem) {
                    StackTraceElement[] trace = problem.getStackTrace();
                    problems.add(each.get("run").asText() + ": " + problem + " at "
                            + java.util.Arrays.stream(trace)
                                    .filter(frame -> frame.getClassName().startsWith("Matrix"))
                                    .toList());
                }
            });
        }
        workers.shutdown();
        if (!workers.awaitTermination(200, TimeUnit.SECONDS)) {
            problems.add("not all cases ended");
        }
        System.out.println(JSON.writeValueAsString(
                Map.of("problems", problems, "played", asked.get("cases").size())));
        System.exit(0);
    }

    static Scene of(JsonNode asked) {
        return switch (asked.get("client").asText()) {
            case "chat" -> new Chat(asked);
            case "responses" -> new Responses(asked);
            case "messages" -> new Messages(asked);
            default -> new Gemini(asked);
        };
    }

    static void same(Object expected, Object found) {
        if (!Objects.equals(expected, found)) {
            throw new AssertionError("expected " + expected + ", found " + found);
        }
    }

    static String resultOf(String name, JsonNode input) {
        return name + " of " + input.path("city").asText("now");
    }

    interface Action {
        void run() throws Exception;
    }

    /** What the scenes of every API share. */
    abstract static class Scene {
        final String fake;
        final String scene;
        final String run;
        final String model;
        final String upstream;
        final int told;
        final boolean streams;
        final String prompt;

        Scene(JsonNode asked) {
            fake = asked.get("fake").asText();
            run = asked.get("run").asText();
            model = asked.get("model").asText();
            upstream = asked.get("upstream").asText();
            told = asked.get("told").asInt();
            streams = asked.get("scene").asText().endsWith("-stream");
            scene = asked.get("scene").asText().replaceFirst("-stream$", "");
            prompt = "scene=" + scene + " run=" + run;
        }

        final void play() throws Exception {
            switch (scene.replaceFirst("-.*", "")) {
                case "plain" -> plain();
                case "stream" -> stream();
                case "think" -> think();
                case "image" -> image();
                case "schema" -> schema();
                case "loop" -> loop();
                case "error" -> error();
                case "cut" -> cut();
                case "cancel" -> cancel();
                default -> throw new AssertionError(scene);
            }
        }

        abstract void plain() throws Exception;

        abstract void stream() throws Exception;

        abstract void think() throws Exception;

        abstract void image() throws Exception;

        abstract void schema() throws Exception;

        abstract void loop() throws Exception;

        abstract void error() throws Exception;

        abstract void cut() throws Exception;

        abstract void cancel() throws Exception;

        final String seen(String text) {
            if (!text.isEmpty()) {
                side(HttpRequest.newBuilder(URI.create(fake + "/seen/" + run)).POST(HttpRequest.BodyPublishers.noBody()));
            }
            return text;
        }

        final void left() {
            same(200, side(HttpRequest.newBuilder(URI.create(fake + "/gone/" + run))));
        }

        private static int side(HttpRequest.Builder request) {
            try {
                return SIDE.send(request.timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.discarding())
                        .statusCode();
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        static <E extends Throwable> E fails(Class<E> kind, Action action) {
            try {
                action.run();
            } catch (Throwable e) {
                if (kind.isInstance(e)) {
                    return kind.cast(e);
                }
                throw new AssertionError("expected " + kind, e);
            }
            throw new AssertionError("no " + kind);
        }

        final void isTold(int status, String message) {
            same(told, status);
            same(true, told == 502 || message.contains("told by"));
        }

        final boolean thinksAloud() {
            return !upstream.equals("chat");
        }
    }

    static final class Chat extends Scene {
        Chat(JsonNode asked) {
            super(asked);
        }

        private ChatCompletionCreateParams.Builder question() {
            return ChatCompletionCreateParams.builder().model(model).addUserMessage(prompt);
        }

        private static ChatCompletion ask(ChatCompletionCreateParams.Builder asked) {
            return openai.chat().completions().create(asked.build()).validate();
        }

        private static String text(ChatCompletion answer) {
            return answer.choices().get(0).message().content().orElse("");
        }

        private ChatCompletion whole(ChatCompletionCreateParams.Builder asked) {
            ChatCompletionAccumulator parts = ChatCompletionAccumulator.create();
            try (var answer = openai.chat().completions().createStreaming(asked.build())) {
                answer.stream().forEach(chunk -> {
                    parts.accumulate(chunk.validate());
                    chunk.choices().forEach(choice -> seen(choice.delta().content().orElse("")));
                });
            }
            return parts.chatCompletion().validate();
        }

        @Override
        void plain() {
            ChatCompletion answer = ask(question());
            same(TEXT, text(answer));
            same(model, answer.model());
            same(27L, answer.usage().orElseThrow().totalTokens());
        }

        @Override
        void stream() {
            same(TEXT, text(whole(question())));
        }

        @Override
        void think() {
            same(TEXT, text(turn(question())));
        }

        @Override
        void image() {
            var image = ChatCompletionContentPartImage.builder()
                    .imageUrl(ChatCompletionContentPartImage.ImageUrl.builder()
                            .url("data:image/png;base64," + PNG)
                            .build())
                    .build();
            var words = ChatCompletionContentPartText.builder().text(prompt).build();
            same(
                    "image of " + PNG.length(),
                    text(ask(ChatCompletionCreateParams.builder()
                            .model(model)
                            .addUserMessageOfArrayOfContentParts(List.of(
                                    ChatCompletionContentPart.ofText(words), ChatCompletionContentPart.ofImageUrl(image))))));
        }

        @Override
        void schema() throws IOException {
            Map<String, Object> format =
                    Map.of("type", "json_schema", "json_schema", Map.of("name", "city", "strict", true, "schema", CITY));
            var asked = question().putAdditionalBodyProperty("response_format", JsonValue.from(format));
            same("Bonn", JSON.readTree(text(ask(asked))).get("city").asText());
        }

        @Override
        void loop() throws IOException {
            ChatCompletionCreateParams.Builder history = question();
            for (int n = 0; n < 2; n++) {
                ChatCompletionMessage message = turn(history).choices().get(0).message();
                history.addMessage(message);
                var calls = message.toolCalls().orElseThrow();
                same(2, calls.size());
                for (var each : calls) {
                    var call = each.asFunction();
                    String result = resultOf(call.function().name(), JSON.readTree(call.function().arguments()));
                    history.addMessage(ChatCompletionToolMessageParam.builder()
                            .toolCallId(call.id())
                            .content(result)
                            .build());
                }
            }
            same(DONE, text(turn(history)));
        }

        private ChatCompletion turn(ChatCompletionCreateParams.Builder history) {
            ChatCompletionCreateParams.Builder asked = history.build().toBuilder().reasoningEffort(ReasoningEffort.HIGH);
            TOOLS.forEach((name, schema) -> {
                FunctionParameters.Builder parameters = FunctionParameters.builder();
                schema.forEach((member, value) -> parameters.putAdditionalProperty(member, JsonValue.from(value)));
                asked.addFunctionTool(
                        FunctionDefinition.builder().name(name).parameters(parameters.build()).build());
            });
            return streams ? whole(asked) : ask(asked);
        }

        @Override
        void error() {
            var error = fails(OpenAIServiceException.class, () -> ask(question()));
            isTold(error.statusCode(), error.getMessage());
            if (told == 429) {
                same(List.of("7"), error.headers().values("retry-after"));
            }
        }

        @Override
        void cut() {
            fails(OpenAIException.class, () -> whole(question()));
        }

        @Override
        void cancel() {
            try (var answer = openai.chat().completions().createStreaming(question().build())) {
                answer.stream()
                        .filter(chunk -> chunk.choices().get(0).delta().content().filter(each -> !each.isEmpty()).isPresent())
                        .findFirst()
                        .orElseThrow();
            }
            left();
        }
    }

    static final class Responses extends Scene {
        Responses(JsonNode asked) {
            super(asked);
        }

        private ResponseCreateParams.Builder question() {
            return ResponseCreateParams.builder().model(model).input(prompt);
        }

        private static Response ask(ResponseCreateParams.Builder asked) {
            return openai.responses().create(asked.build()).validate();
        }

        private static String text(Response answer) {
            return answer.output().stream()
                    .filter(ResponseOutputItem::isMessage)
                    .flatMap(item -> item.asMessage().content().stream())
                    .map(part -> part.asOutputText().text())
                    .collect(Collectors.joining());
        }

        private Response whole(ResponseCreateParams.Builder asked) {
            ResponseAccumulator parts = ResponseAccumulator.create();
            try (var answer = openai.responses().createStreaming(asked.build())) {
                answer.stream().forEach(event -> {
                    parts.accumulate(event.validate());
                    event.outputTextDelta().ifPresent(delta -> seen(delta.delta()));
                });
            }
            return parts.response().validate();
        }

        @Override
        void plain() {
            Response answer = ask(question().instructions("Be brief"));
            same(TEXT, text(answer));
            same(27L, answer.usage().orElseThrow().totalTokens());
        }

        @Override
        void stream() {
            same(TEXT, text(whole(question())));
        }

        @Override
        void think() {
            Response answer = turn(List.of(user(prompt)));
            same(TEXT, text(answer));
            if (thinksAloud()) {
                String thought = answer.output().get(0).asReasoning().summary().stream()
                        .map(part -> part.text())
                        .collect(Collectors.joining());
                same("letmesee", thought.replace(" ", ""));
            }
        }

        private static ResponseInputItem user(String text) {
            return ResponseInputItem.ofEasyInputMessage(EasyInputMessage.builder()
                    .role(EasyInputMessage.Role.USER)
                    .content(text)
                    .build());
        }

        @Override
        void image() {
            List<?> content = List.of(
                    Map.of("type", "input_text", "text", prompt),
                    Map.of("type", "input_image", "detail", "auto", "image_url", "data:image/png;base64," + PNG));
            var asked = ResponseCreateParams.builder()
                    .model(model)
                    .putAdditionalBodyProperty(
                            "input", JsonValue.from(List.of(Map.of("role", "user", "content", content))));
            same("image of " + PNG.length(), text(ask(asked)));
        }

        @Override
        void schema() throws IOException {
            Map<String, Object> format = Map.of("type", "json_schema", "name", "city", "strict", true, "schema", CITY);
            var asked = question().putAdditionalBodyProperty("text", JsonValue.from(Map.of("format", format)));
            same("Bonn", JSON.readTree(text(ask(asked))).get("city").asText());
        }

        @Override
        void loop() throws IOException {
            List<ResponseInputItem> history = new ArrayList<>(List.of(user(prompt)));
            for (int n = 0; n < 2; n++) {
                List<ResponseInputItem> results = new ArrayList<>();
                for (ResponseOutputItem item : turn(history).output()) {
                    if (item.isReasoning()) {
                        history.add(ResponseInputItem.ofReasoning(item.asReasoning()));
                    } else {
                        var call = item.asFunctionCall();
                        history.add(ResponseInputItem.ofFunctionCall(call));
                        results.add(ResponseInputItem.ofFunctionCallOutput(ResponseInputItem.FunctionCallOutput.builder()
                                .callId(call.callId())
                                .output(resultOf(call.name(), JSON.readTree(call.arguments())))
                                .build()));
                    }
                }
                same(2, results.size());
                history.addAll(results);
            }
            same(DONE, text(turn(history)));
        }

        private Response turn(List<ResponseInputItem> history) {
            var asked = ResponseCreateParams.builder()
                    .model(model)
                    .inputOfResponse(history)
                    .reasoning(Reasoning.builder()
                            .effort(ReasoningEffort.HIGH)
                            .summary(Reasoning.Summary.AUTO)
                            .build())
                    .addInclude(ResponseIncludable.REASONING_ENCRYPTED_CONTENT)
                    .store(false);
            TOOLS.forEach((name, schema) -> {
                FunctionTool.Parameters.Builder parameters = FunctionTool.Parameters.builder();
                schema.forEach((member, value) -> parameters.putAdditionalProperty(member, JsonValue.from(value)));
                asked.addTool(FunctionTool.builder()
                        .name(name)
                        .parameters(parameters.build())
                        .strict(false)
                        .build());
            });
            return streams ? whole(asked) : ask(asked);
        }

        @Override
        void error() {
            var error = fails(OpenAIServiceException.class, () -> ask(question()));
            isTold(error.statusCode(), error.getMessage());
            if (told == 429) {
                same(List.of("7"), error.headers().values("retry-after"));
            }
        }

        @Override
        void cut() {
            fails(OpenAIException.class, () -> {
                try (var answer = openai.responses().createStreaming(question().build())) {
                    answer.stream().forEach(event -> {
                        same(false, event.completed().isPresent());
                        event.outputTextDelta().ifPresent(delta -> seen(delta.delta()));
                        event.failed().ifPresent(failed -> {
                            throw new OpenAIException("failed");
                        });
                    });
                }
            });
        }

        @Override
        void cancel() {
            try (var answer = openai.responses().createStreaming(question().build())) {
                answer.stream().filter(event -> event.outputTextDelta().isPresent()).findFirst().orElseThrow();
            }
            left();
        }
    }

    static final class Messages extends Scene {
        Messages(JsonNode asked) {
            super(asked);
        }

        private MessageCreateParams.Builder request() {
            return MessageCreateParams.builder().model(model).maxTokens(4096).system("Be brief");
        }

        private MessageCreateParams.Builder question() {
            return request().addUserMessage(prompt);
        }

        private static Message ask(MessageCreateParams.Builder asked) {
            return anthropic.messages().create(asked.build()).validate();
        }

        private static String text(Message answer) {
            return answer.content().stream()
                    .flatMap(block -> block.text().stream())
                    .map(block -> block.text())
                    .collect(Collectors.joining());
        }

        private Message whole(MessageCreateParams.Builder asked) {
            MessageAccumulator parts = MessageAccumulator.create();
            try (var answer = anthropic.messages().createStreaming(asked.build())) {
                answer.stream().forEach(event -> {
                    parts.accumulate(event.validate());
                    event.contentBlockDelta()
                            .flatMap(delta -> delta.delta().text())
                            .ifPresent(delta -> seen(delta.text()));
                });
            }
            return parts.message().validate();
        }

        @Override
        void plain() {
            Message answer = ask(question());
            same(TEXT, text(answer));
            same(StopReason.END_TURN, answer.stopReason().orElseThrow());
            same(15L, answer.usage().inputTokens());
        }

        @Override
        void stream() {
            same(TEXT, text(whole(question())));
        }

        @Override
        void think() {
            Message answer = turn(question());
            same(TEXT, text(answer));
            if (thinksAloud()) {
                same("letmesee", answer.content().get(0).asThinking().thinking().replace(" ", ""));
            }
        }

        @Override
        void image() {
            var image = ImageBlockParam.builder()
                    .source(Base64ImageSource.builder()
                            .mediaType(Base64ImageSource.MediaType.IMAGE_PNG)
                            .data(PNG)
                            .build())
                    .build();
            var words = TextBlockParam.builder().text(prompt).build();
            same(
                    "image of " + PNG.length(),
                    text(ask(request()
                            .addUserMessageOfContentBlockParams(
                                    List.of(ContentBlockParam.ofText(words), ContentBlockParam.ofImage(image))))));
        }

        @Override
        void schema() throws IOException {
            Map<String, Object> format = Map.of("type", "json_schema", "schema", CITY);
            var asked = question()
                    .putAdditionalBodyProperty(
                            "output_config", com.anthropic.core.JsonValue.from(Map.of("format", format)));
            same("Bonn", JSON.readTree(text(ask(asked))).get("city").asText());
        }

        @Override
        void loop() {
            MessageCreateParams.Builder history = question();
            for (int n = 0; n < 2; n++) {
                Message message = turn(history);
                history.addMessage(message);
                List<ContentBlockParam> results = message.content().stream()
                        .filter(ContentBlock::isToolUse)
                        .map(ContentBlock::asToolUse)
                        .map(call -> ContentBlockParam.ofToolResult(ToolResultBlockParam.builder()
                                .toolUseId(call.id())
                                .content(resultOf(call.name(), call._input().convert(JsonNode.class)))
                                .build()))
                        .toList();
                same(2, results.size());
                history.addUserMessageOfContentBlockParams(results);
            }
            same(DONE, text(turn(history)));
        }

        private Message turn(MessageCreateParams.Builder history) {
            MessageCreateParams.Builder asked = history.build().toBuilder().enabledThinking(2048);
            TOOLS.forEach((name, schema) -> {
                var input = com.anthropic.models.messages.Tool.InputSchema.builder();
                schema.forEach((member, value) ->
                        input.putAdditionalProperty(member, com.anthropic.core.JsonValue.from(value)));
                asked.addTool(com.anthropic.models.messages.Tool.builder()
                        .name(name)
                        .inputSchema(input.build())
                        .build());
            });
            return streams ? whole(asked) : ask(asked);
        }

        @Override
        void error() {
            var error = fails(AnthropicServiceException.class, () -> ask(question()));
            isTold(error.statusCode(), error.getMessage());
            if (told == 429) {
                same(List.of("7"), error.headers().values("retry-after"));
            }
        }

        @Override
        void cut() {
            fails(AnthropicException.class, () -> whole(question()));
        }

        @Override
        void cancel() {
            try (var answer = anthropic.messages().createStreaming(question().build())) {
                answer.stream().filter(event -> event.contentBlockDelta().isPresent()).findFirst().orElseThrow();
            }
            left();
        }
    }

    static final class Gemini extends Scene {
        Gemini(JsonNode asked) {
            super(asked);
        }

        private List<Content> question() {
            return List.of(Content.builder().role("user").parts(Part.fromText(prompt)).build());
        }

        private static GenerateContentConfig.Builder config() {
            return GenerateContentConfig.builder().systemInstruction(Content.fromParts(Part.fromText("Be brief")));
        }

        private GenerateContentResponse ask(List<Content> contents, GenerateContentConfig.Builder config) {
            return google.models.generateContent(model, contents, config.build());
        }

        private static List<Part> parts(GenerateContentResponse answer) {
            return answer.candidates().orElseThrow().get(0).content().flatMap(Content::parts).orElse(List.of());
        }

        private List<Part> whole(List<Content> contents, GenerateContentConfig.Builder config) {
            List<Part> all = new ArrayList<>();
            oneAhead();
            try (var answer = google.models.generateContentStream(model, contents, config.build())) {
                for (GenerateContentResponse piece : answer) {
                    for (Part part : parts(piece)) {
                        all.add(part);
                        if (!part.thought().orElse(false)) {
                            seen(part.text().orElse(""));
                        }
                    }
                }
            }
            return all;
        }

        /** This library hands out an event when it has read the next one: it can follow no closer. */
        private void oneAhead() {
            seen("one");
        }

        private static String text(List<Part> parts, boolean thoughts) {
            return parts.stream()
                    .filter(part -> part.thought().orElse(false) == thoughts)
                    .map(part -> part.text().orElse(""))
                    .collect(Collectors.joining());
        }

        @Override
        void plain() {
            GenerateContentResponse answer = ask(question(), config());
            same(TEXT, answer.text());
            same(27, answer.usageMetadata().orElseThrow().totalTokenCount().orElseThrow());
        }

        @Override
        void stream() {
            same(TEXT, text(whole(question(), config()), false));
        }

        @Override
        void think() {
            List<Part> parts = turn(question());
            same(TEXT, text(parts, false));
            if (thinksAloud()) {
                same("letmesee", text(parts, true).replace(" ", ""));
            }
        }

        @Override
        void image() {
            Part image = Part.fromBytes(Base64.getDecoder().decode(PNG), "image/png");
            Content content =
                    Content.builder().role("user").parts(Part.fromText(prompt), image).build();
            same("image of " + PNG.length(), ask(List.of(content), config()).text());
        }

        @Override
        void schema() throws IOException {
            var config = config().responseMimeType("application/json").responseJsonSchema(CITY);
            same("Bonn", JSON.readTree(ask(question(), config).text()).get("city").asText());
        }

        @Override
        void loop() {
            List<Content> history = new ArrayList<>(question());
            for (int n = 0; n < 2; n++) {
                List<Part> parts = turn(history).stream()
                        .filter(part -> !part.text().equals(java.util.Optional.of("")))
                        .toList();
                history.add(Content.builder().role("model").parts(parts).build());
                List<Part> results = parts.stream()
                        .flatMap(part -> part.functionCall().stream())
                        .map(call -> {
                            String name = call.name().orElseThrow();
                            JsonNode input = JSON.valueToTree(call.args().orElse(Map.of()));
                            var response = FunctionResponse.builder()
                                    .name(name)
                                    .response(Map.of("output", resultOf(name, input)));
                            call.id().ifPresent(response::id);
                            return Part.builder().functionResponse(response.build()).build();
                        })
                        .toList();
                same(2, results.size());
                history.add(Content.builder().role("user").parts(results).build());
            }
            same(DONE, text(turn(history), false));
        }

        private List<Part> turn(List<Content> contents) {
            List<FunctionDeclaration> declarations = new ArrayList<>();
            TOOLS.forEach((name, schema) -> declarations.add(FunctionDeclaration.builder()
                    .name(name)
                    .parametersJsonSchema(schema)
                    .build()));
            var config = config().tools(Tool.builder().functionDeclarations(declarations).build())
                    .thinkingConfig(ThinkingConfig.builder()
                            .includeThoughts(true)
                            .thinkingLevel("HIGH")
                            .build());
            return streams ? whole(contents, config) : parts(ask(contents, config));
        }

        @Override
        void error() {
            var error = fails(ApiException.class, () -> ask(question(), config()));
            isTold(error.code(), error.message());
        }

        @Override
        void cut() {
            oneAhead();
            fails(RuntimeException.class, () -> {
                try (var answer = google.models.generateContentStream(model, question(), config().build())) {
                    for (GenerateContentResponse piece : answer) {
                        same(true, piece.candidates().orElseThrow().get(0).finishReason().isEmpty());
                        seen(text(parts(piece), false));
                    }
                }
            });
        }

        @Override
        void cancel() {
            try (var answer = google.models.generateContentStream(model, question(), config().build())) {
                for (GenerateContentResponse piece : answer) {
                    if (!text(parts(piece), false).isEmpty()) {
                        break;
                    }
                }
            }
            left();
        }
    }
}
