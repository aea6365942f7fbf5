package io.llmproxy.it;

import static io.llmproxy.it.KeyedProviders.CONFINED;
import static io.llmproxy.it.KeyedProviders.KEY;
import static io.llmproxy.it.KeyedProviders.LIMITED;
import static io.llmproxy.it.KeyedProviders.UNKNOWN;
import static io.llmproxy.it.KeyedProviders.json;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.errors.AnthropicException;
import com.anthropic.errors.AnthropicServiceException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Base64ImageSource;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.Tool.InputSchema;
import com.fasterxml.jackson.databind.JsonNode;
import com.google.genai.Client;
import com.google.genai.errors.ClientException;
import com.google.genai.types.Content;
import com.google.genai.types.EmbedContentConfig;
import com.google.genai.types.FunctionDeclaration;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.GetModelConfig;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.google.genai.types.ListModelsConfig;
import com.google.genai.types.Part;
import com.google.genai.types.Tool;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.MultipartField;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.PermissionDeniedException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartImage;
import com.openai.models.chat.completions.ChatCompletionContentPartImage.ImageUrl;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.images.ImageEditParams;
import com.openai.models.responses.ResponseCreateParams;
import io.llmproxy.it.KeyedProviders.FakeProvider;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.UpstreamRequest;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;

/** The vendors' own clients with keys of the gateway, all at one address: each reaches its provider, by the provider's key. */
class KeyedSdkIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String EMBEDDINGS = "/v1/embeddings";
    private static final String RESPONSES = "/v1/responses";
    private static final String EDITS = "/v1/images/edits";
    private static final String MESSAGES = "/v1/messages";
    private static final String COUNT = "/v1/messages/count_tokens";
    private static final String GENERATE = "/v1beta/models/gemini-flash:generateContent";
    private static final String STREAM = "/v1beta/models/gemini-flash:streamGenerateContent";
    private static final String EMBED = "/v1beta/models/gemini-embedding:batchEmbedContents";

    private static final KeyedProviders PROVIDERS = new KeyedProviders();
    private static final FakeProvider OPENAI = PROVIDERS.openai;
    private static final FakeProvider ANTHROPIC = PROVIDERS.anthropic;
    private static final FakeProvider GEMINI = PROVIDERS.gemini;

    private static final Map<String, Object> CITY = Map.of(
            "type", "object", "properties", Map.of("city", Map.of("type", "string")), "required", List.of("city"));
    private static final byte[] IMAGE = image();
    private static final String IMAGE_BASE64 = Base64.getEncoder().encodeToString(IMAGE);

    /** Bytes of all kinds, more than fit into one buffer. */
    private static byte[] image() {
        byte[] bytes = new byte[100_000];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    private static OpenAIClient openai(Deployment.Kind kind, String key) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(PROVIDERS.address(kind) + "/v1")
                .apiKey(key)
                .maxRetries(0)
                .timeout(Duration.ofSeconds(20))
                .build();
    }

    private static AnthropicClient anthropic(Deployment.Kind kind, String key) {
        return AnthropicOkHttpClient.builder()
                .baseUrl(PROVIDERS.address(kind).toString())
                .apiKey(key)
                .maxRetries(0)
                .timeout(Duration.ofSeconds(20))
                .build();
    }

    private static Client gemini(Deployment.Kind kind, String key) {
        return Client.builder()
                .apiKey(key)
                .httpOptions(HttpOptions.builder()
                        .baseUrl(PROVIDERS.address(kind).toString())
                        .timeout(20_000)
                        .retryOptions(HttpRetryOptions.builder().attempts(1).build())
                        .build())
                .build();
    }

    @BeforeEach
    void forgetEarlierRequests() {
        PROVIDERS.reset();
    }

    @AfterEach
    void eachProviderWasShownItsOwnKeyAlone() {
        PROVIDERS.assertOwnKeysAlone();
    }

    @AfterAll
    static void stop() {
        PROVIDERS.stop();
    }

    private static ChatCompletionCreateParams.Builder question(String model) {
        return ChatCompletionCreateParams.builder().model(model).addUserMessage("Say hello");
    }

    private static ChatCompletion whole(OpenAIClient client, ChatCompletionCreateParams question) {
        ChatCompletionAccumulator parts = ChatCompletionAccumulator.create();
        try (var answer = client.chat().completions().createStreaming(question)) {
            answer.stream().forEach(parts::accumulate);
        }
        return parts.chatCompletion();
    }

    private static void openaiRaises(
            Class<? extends OpenAIServiceException> expected, String code, String text, ThrowingCallable ask) {
        assertThatThrownBy(ask)
                .isInstanceOf(expected)
                .hasMessageContaining(text)
                .isInstanceOfSatisfying(
                        OpenAIServiceException.class,
                        e -> assertThat(e.headers().values("X-LLMProxy-Error")).containsExactly(code));
    }

    private static void anthropicRaises(
            Class<? extends AnthropicServiceException> expected, String code, String text, ThrowingCallable ask) {
        assertThatThrownBy(ask)
                .isInstanceOf(expected)
                .hasMessageContaining(text)
                .isInstanceOfSatisfying(
                        AnthropicServiceException.class,
                        e -> assertThat(e.headers().values("X-LLMProxy-Error")).containsExactly(code));
    }

    private static void geminiRaises(int code, String status, String text, ThrowingCallable ask) {
        assertThatThrownBy(ask).isInstanceOfSatisfying(ClientException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            assertThat(e.status()).isEqualTo(status);
            assertThat(e.message()).contains(text);
        });
    }

    @ParameterizedTest
    @KindSource
    void openaiListsTheModelsThatItCanUse(Deployment.Kind kind) {
        OpenAIClient client = openai(kind, KEY);

        assertThat(client.models().list().autoPager().stream().map(model -> model.id()))
                .containsExactly("busy", "chat", "embedder", "painter");
        assertThat(client.models().retrieve("chat").id()).isEqualTo("chat");
        assertThat(openai(kind, CONFINED).models().list().autoPager().stream().map(model -> model.id()))
                .containsExactly("embedder");
        PROVIDERS.askedNoUpstream();
    }

    @ParameterizedTest
    @KindSource
    void openaiGetsACompletion(Deployment.Kind kind) {
        OPENAI.api().on(CHAT, Behaviour.json(ProviderAnswers.completion("Hello there")));

        ChatCompletion answer =
                openai(kind, KEY).chat().completions().create(question("chat").build());

        assertThat(answer.choices().get(0).message().content()).hasValue("Hello there");
        assertThat(answer.model()).isEqualTo("chat");
        assertThat(json(PROVIDERS.asked(OPENAI)).path("model").asText()).isEqualTo("gpt-large");
    }

    @ParameterizedTest
    @KindSource
    void openaiStreams(Deployment.Kind kind) {
        OPENAI.api().on(CHAT, Behaviour.streams(Duration.ZERO, ProviderAnswers.chunks()));

        ChatCompletion answer = whole(openai(kind, KEY), question("chat").build());

        assertThat(answer.choices().get(0).message().content()).hasValue("Hello there");
        assertThat(answer.model()).isEqualTo("chat");
        assertThat(json(PROVIDERS.asked(OPENAI)).path("stream").asBoolean()).isTrue();
    }

    @ParameterizedTest
    @KindSource
    void openaiCallsATool(Deployment.Kind kind) {
        String call = "\"id\":\"call_1\",\"type\":\"function\","
                + "\"function\":{\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\\\"Bonn\\\"}\"}";
        String streamed =
                ProviderAnswers.chunk("\"role\":\"assistant\",\"tool_calls\":[{\"index\":0," + call + "}]", "null");
        OPENAI.api()
                .on(
                        CHAT,
                        Behaviour.json(ProviderAnswers.completion(
                                "\"content\":null,\"tool_calls\":[{" + call + "}]", "tool_calls")),
                        Behaviour.streams(
                                Duration.ZERO,
                                List.of(streamed, ProviderAnswers.chunk("", "\"tool_calls\""), "data: [DONE]\n\n")));
        FunctionParameters.Builder parameters = FunctionParameters.builder();
        CITY.forEach((name, value) -> parameters.putAdditionalProperty(name, JsonValue.from(value)));
        ChatCompletionCreateParams question = question("chat")
                .addFunctionTool(FunctionDefinition.builder()
                        .name("weather")
                        .parameters(parameters.build())
                        .build())
                .build();
        OpenAIClient client = openai(kind, KEY);

        for (ChatCompletion answer : List.of(client.chat().completions().create(question), whole(client, question))) {
            var function = answer.choices()
                    .get(0)
                    .message()
                    .toolCalls()
                    .orElseThrow()
                    .get(0)
                    .function()
                    .orElseThrow()
                    .function();
            assertThat(function.name()).isEqualTo("weather");
            assertThat(function.arguments()).isEqualTo("{\"city\":\"Bonn\"}");
        }
        assertThat(OPENAI.api().requests(CHAT))
                .hasSize(2)
                .allSatisfy(request -> assertThat(json(request)
                                .at("/tools/0/function/parameters/required/0")
                                .asText())
                        .isEqualTo("city"));
    }

    @ParameterizedTest
    @KindSource
    void openaiSendsAnImageInAMessage(Deployment.Kind kind) {
        OPENAI.api().on(CHAT, Behaviour.json(ProviderAnswers.completion("noise")));
        String url = "data:image/png;base64," + IMAGE_BASE64;
        var image = ChatCompletionContentPartImage.builder()
                .imageUrl(ImageUrl.builder().url(url).build())
                .build();

        ChatCompletion answer = openai(kind, KEY)
                .chat()
                .completions()
                .create(ChatCompletionCreateParams.builder()
                        .model("chat")
                        .addUserMessageOfArrayOfContentParts(List.of(ChatCompletionContentPart.ofImageUrl(image)))
                        .build());

        assertThat(answer.choices().get(0).message().content()).hasValue("noise");
        JsonNode request = json(PROVIDERS.asked(OPENAI));
        assertThat(request.at("/messages/0/content/0/image_url/url").asText()).isEqualTo(url);
        assertThat(request.path("model").asText()).isEqualTo("gpt-large");
    }

    @ParameterizedTest
    @KindSource
    void openaiUploadsAnImage(Deployment.Kind kind) {
        OPENAI.api().on(EDITS, Behaviour.json("{\"created\":1700000000,\"data\":[{\"b64_json\":\"bigger\"}]}"));

        var answer = openai(kind, KEY)
                .images()
                .edit(ImageEditParams.builder()
                        .image(MultipartField.<ImageEditParams.Image>builder()
                                .value(ImageEditParams.Image.ofInputStream(new ByteArrayInputStream(IMAGE)))
                                .filename("noise.png")
                                .contentType("image/png")
                                .build())
                        .prompt("bigger")
                        .model("painter")
                        .build());

        assertThat(answer.data().orElseThrow().get(0).b64Json()).hasValue("bigger");
        UpstreamRequest request = PROVIDERS.asked(OPENAI);
        assertThat(request.head().value("Content-Type").orElse("")).startsWith("multipart/form-data; boundary=");
        assertThat(KeyedProviders.text(request))
                .containsPattern("name=\"model\"\r\n(?:[^\r]+\r\n)*\r\ngpt-image\r\n")
                .contains("\r\n\r\n" + new String(IMAGE, ISO_8859_1) + "\r\n--")
                .doesNotContain("painter");
    }

    @ParameterizedTest
    @KindSource
    void openaiGetsEmbeddings(Deployment.Kind kind) {
        OPENAI.api().on(EMBEDDINGS, Behaviour.json("""
                {"object":"list","model":"text-embedding","usage":{"prompt_tokens":1,"total_tokens":1},"data":[\
                {"object":"embedding","index":0,"embedding":[0.5,-0.25]},{"object":"embedding","index":1,"embedding":[1,2]}]}"""));

        var answer = openai(kind, KEY)
                .embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model("embedder")
                        .inputOfArrayOfStrings(List.of("a", "b"))
                        .build());

        assertThat(answer.data().stream().map(each -> each.embedding()))
                .containsExactly(List.of(0.5f, -0.25f), List.of(1f, 2f));
        assertThat(answer.model()).isEqualTo("embedder");
        assertThat(json(PROVIDERS.asked(OPENAI)).path("model").asText()).isEqualTo("text-embedding");
    }

    @ParameterizedTest
    @KindSource
    void openaiGetsAResponse(Deployment.Kind kind) {
        OPENAI.api().on(RESPONSES, Behaviour.json("""
                {"id":"resp_1","object":"response","created_at":1700000000,"status":"completed","model":"gpt-large","output":[\
                {"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[\
                {"type":"output_text","text":"Hello there","annotations":[]}]}]}"""));

        var answer = openai(kind, KEY)
                .responses()
                .create(ResponseCreateParams.builder()
                        .model("chat")
                        .input("Say hello")
                        .build());

        assertThat(answer.output()
                        .get(0)
                        .asMessage()
                        .content()
                        .get(0)
                        .asOutputText()
                        .text())
                .isEqualTo("Hello there");
        assertThat(answer.model().asString()).isEqualTo("chat");
        assertThat(json(PROVIDERS.asked(OPENAI)).path("model").asText()).isEqualTo("gpt-large");
    }

    @ParameterizedTest
    @KindSource
    void openaiRaisesWhatTheGatewayRefuses(Deployment.Kind kind) {
        openaiRaises(
                UnauthorizedException.class,
                "invalid_api_key",
                "The API key is not valid.",
                () -> ask(openai(kind, UNKNOWN), "chat"));
        openaiRaises(
                PermissionDeniedException.class,
                "model_not_allowed",
                "This API key may not use the model 'chat'.",
                () -> ask(openai(kind, CONFINED), "chat"));
        for (String nobodys : List.of("missing", "opus", "flash")) {
            openaiRaises(
                    NotFoundException.class,
                    "model_not_found",
                    "The model '" + nobodys + "' does not exist here.",
                    () -> ask(openai(kind, KEY), nobodys));
        }
        PROVIDERS.askedNoUpstream();

        OPENAI.api().on(CHAT, Behaviour.json(ProviderAnswers.completion("Hello there")));
        openaiRaises(
                RateLimitException.class,
                "key_rate_limit_exceeded",
                "Too many requests with this API key; try again later.",
                () -> often(() -> ask(openai(kind, LIMITED), "chat")));
    }

    private static void ask(OpenAIClient client, String model) {
        client.chat().completions().create(question(model).build());
    }

    /** So often that one of them is too much, however long each of them takes. */
    private static void often(Runnable ask) {
        for (int n = 0; n < 50; n++) {
            ask.run();
        }
    }

    @ParameterizedTest
    @KindSource
    void openaiRaisesWhatTheProviderSays(Deployment.Kind kind) {
        OPENAI.api().on(CHAT, Behaviour.status(429, "Content-Type: application/json\r\n", """
                {"error":{"message":"slow down","type":"rate_limit_exceeded","param":null,"code":null}}"""));

        assertThatThrownBy(() -> ask(openai(kind, KEY), "busy"))
                .isInstanceOf(RateLimitException.class)
                .hasMessageContaining("slow down");
        PROVIDERS.asked(OPENAI);
    }

    @ParameterizedTest
    @KindSource
    void openaiRaisesWhenAStreamIsCut(Deployment.Kind kind) {
        OPENAI.api().on(CHAT, Behaviour.closesMidStream(ProviderAnswers.chunks().subList(0, 2)));

        assertThatThrownBy(() -> whole(openai(kind, KEY), question("chat").build()))
                .isInstanceOf(OpenAIException.class)
                .hasMessageContaining("The upstream closed the connection before its answer was complete.");
        PROVIDERS.asked(OPENAI);
    }

    private static MessageCreateParams.Builder message(String model) {
        return MessageCreateParams.builder().model(model).maxTokens(100).addUserMessage("Say hello");
    }

    private static String said(Message message) {
        return message.content().get(0).text().orElseThrow().text();
    }

    private static Message whole(AnthropicClient client) {
        MessageAccumulator parts = MessageAccumulator.create();
        try (var answer = client.messages().createStreaming(message("opus").build())) {
            answer.stream().forEach(parts::accumulate);
        }
        return parts.message();
    }

    @ParameterizedTest
    @KindSource
    void anthropicListsTheModelsThatItCanUse(Deployment.Kind kind) {
        AnthropicClient client = anthropic(kind, KEY);

        assertThat(client.models().list().autoPager().stream().map(model -> model.id()))
                .containsExactly("opus");
        assertThat(client.models().retrieve("opus").displayName()).isEqualTo("opus");
        PROVIDERS.askedNoUpstream();
    }

    @ParameterizedTest
    @KindSource
    void anthropicGetsAMessage(Deployment.Kind kind) {
        ANTHROPIC.api().on(MESSAGES, Behaviour.json(ProviderAnswers.message("Hello there")));

        Message answer = anthropic(kind, KEY).messages().create(message("opus").build());

        assertThat(said(answer)).isEqualTo("Hello there");
        assertThat(answer.model().asString()).isEqualTo("opus");
        assertThat(json(PROVIDERS.asked(ANTHROPIC)).path("model").asText()).isEqualTo("claude");
    }

    @ParameterizedTest
    @KindSource
    void anthropicMayShowTheKeyInTwoPlaces(Deployment.Kind kind) {
        ANTHROPIC.api().on(MESSAGES, Behaviour.json(ProviderAnswers.message("Hello there")));
        AnthropicClient client = AnthropicOkHttpClient.builder()
                .baseUrl(PROVIDERS.address(kind).toString())
                .apiKey(KEY)
                .putHeader("x-api-key", KEY)
                .maxRetries(0)
                .build();

        assertThat(said(client.messages().create(message("opus").build()))).isEqualTo("Hello there");
        PROVIDERS.asked(ANTHROPIC);
    }

    @ParameterizedTest
    @KindSource
    void anthropicStreams(Deployment.Kind kind) {
        ANTHROPIC.api().on(MESSAGES, Behaviour.streams(Duration.ZERO, ProviderAnswers.events()));

        Message answer = whole(anthropic(kind, KEY));

        assertThat(said(answer)).isEqualTo("Hello there");
        assertThat(answer.model().asString()).isEqualTo("opus");
        assertThat(json(PROVIDERS.asked(ANTHROPIC)).path("stream").asBoolean()).isTrue();
    }

    @ParameterizedTest
    @KindSource
    void anthropicCallsATool(Deployment.Kind kind) {
        String use = "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"weather\",\"input\":{\"city\":\"Bonn\"}}";
        ANTHROPIC.api().on(MESSAGES, Behaviour.json(ProviderAnswers.message(use, "\"tool_use\"")));
        InputSchema schema = InputSchema.builder()
                .properties(InputSchema.Properties.builder()
                        .putAdditionalProperty("city", com.anthropic.core.JsonValue.from(Map.of("type", "string")))
                        .build())
                .addRequired("city")
                .build();

        Message answer = anthropic(kind, KEY)
                .messages()
                .create(message("opus")
                        .addTool(com.anthropic.models.messages.Tool.builder()
                                .name("weather")
                                .inputSchema(schema)
                                .build())
                        .build());

        assertThat(answer.content().get(0).toolUse().orElseThrow()._input())
                .isEqualTo(com.anthropic.core.JsonValue.from(Map.of("city", "Bonn")));
        assertThat(json(PROVIDERS.asked(ANTHROPIC))
                        .at("/tools/0/input_schema/required/0")
                        .asText())
                .isEqualTo("city");
    }

    @ParameterizedTest
    @KindSource
    void anthropicSendsAnImage(Deployment.Kind kind) {
        ANTHROPIC.api().on(MESSAGES, Behaviour.json(ProviderAnswers.message("Hello there")));
        Base64ImageSource image = Base64ImageSource.builder()
                .mediaType(Base64ImageSource.MediaType.IMAGE_PNG)
                .data(IMAGE_BASE64)
                .build();

        Message answer = anthropic(kind, KEY)
                .messages()
                .create(message("opus")
                        .addUserMessageOfContentBlockParams(List.of(ContentBlockParam.ofImage(image)))
                        .build());

        assertThat(said(answer)).isEqualTo("Hello there");
        assertThat(json(PROVIDERS.asked(ANTHROPIC))
                        .at("/messages/1/content/0/source/data")
                        .asText())
                .isEqualTo(IMAGE_BASE64);
    }

    @ParameterizedTest
    @KindSource
    void anthropicCountsTokens(Deployment.Kind kind) {
        ANTHROPIC.api().on(COUNT, Behaviour.json("{\"input_tokens\":11}"));

        var count = anthropic(kind, KEY)
                .messages()
                .countTokens(MessageCountTokensParams.builder()
                        .model("opus")
                        .addUserMessage("Say hello")
                        .build());

        assertThat(count.inputTokens()).isEqualTo(11);
        assertThat(json(PROVIDERS.asked(ANTHROPIC)).path("model").asText()).isEqualTo("claude");
    }

    @ParameterizedTest
    @KindSource
    void anthropicRaisesWhatTheGatewayRefuses(Deployment.Kind kind) {
        anthropicRaises(
                com.anthropic.errors.UnauthorizedException.class,
                "invalid_api_key",
                "The API key is not valid.",
                () -> ask(anthropic(kind, UNKNOWN), "opus"));
        anthropicRaises(
                com.anthropic.errors.PermissionDeniedException.class,
                "model_not_allowed",
                "This API key may not use the model 'opus'.",
                () -> ask(anthropic(kind, CONFINED), "opus"));
        for (String nobodys : List.of("missing", "chat", "flash")) {
            anthropicRaises(
                    com.anthropic.errors.NotFoundException.class,
                    "model_not_found",
                    "The model '" + nobodys + "' does not exist here.",
                    () -> ask(anthropic(kind, KEY), nobodys));
        }
        PROVIDERS.askedNoUpstream();

        ANTHROPIC.api().on(MESSAGES, Behaviour.json(ProviderAnswers.message("Hello there")));
        anthropicRaises(
                com.anthropic.errors.RateLimitException.class,
                "key_rate_limit_exceeded",
                "Too many requests with this API key; try again later.",
                () -> often(() -> ask(anthropic(kind, LIMITED), "opus")));
    }

    private static void ask(AnthropicClient client, String model) {
        client.messages().create(message(model).build());
    }

    @ParameterizedTest
    @KindSource
    void anthropicRaisesWhenAStreamIsCut(Deployment.Kind kind) {
        ANTHROPIC
                .api()
                .on(MESSAGES, Behaviour.closesMidStream(ProviderAnswers.events().subList(0, 3)));

        assertThatThrownBy(() -> whole(anthropic(kind, KEY)))
                .isInstanceOf(AnthropicException.class)
                .hasMessageContaining("The upstream closed the connection before its answer was complete.");
        PROVIDERS.asked(ANTHROPIC);
    }

    private static final GenerateContentConfig PLAIN =
            GenerateContentConfig.builder().build();

    @ParameterizedTest
    @KindSource
    void geminiListsTheModelsThatItCanUse(Deployment.Kind kind) {
        try (Client client = gemini(kind, KEY)) {
            List<String> names = new ArrayList<>();
            client.models
                    .list(ListModelsConfig.builder().build())
                    .forEach(model -> names.add(model.name().orElseThrow()));
            assertThat(names).containsExactly("models/flash", "models/flash-embedder");
            assertThat(client.models
                            .get("flash", GetModelConfig.builder().build())
                            .name())
                    .hasValue("models/flash");
        }
        PROVIDERS.askedNoUpstream();
    }

    @ParameterizedTest
    @KindSource
    void geminiGetsContent(Deployment.Kind kind) {
        GEMINI.api().on(GENERATE, Behaviour.json(ProviderAnswers.content("Hello there")));

        try (Client client = gemini(kind, KEY)) {
            GenerateContentResponse answer = client.models.generateContent("flash", "Say hello", PLAIN);
            assertThat(answer.text()).isEqualTo("Hello there");
            assertThat(answer.modelVersion()).hasValue("flash");
        }
        assertThat(PROVIDERS.asked(GEMINI).head().path()).isEqualTo(GENERATE);
    }

    @ParameterizedTest
    @KindSource
    void geminiStreams(Deployment.Kind kind) {
        GEMINI.api().on(STREAM, Behaviour.streams(Duration.ZERO, ProviderAnswers.contents()));

        List<String> words = new ArrayList<>();
        try (Client client = gemini(kind, KEY);
                var answer = client.models.generateContentStream("flash", "Say hello", PLAIN)) {
            for (GenerateContentResponse each : answer) {
                words.add(each.text());
                assertThat(each.modelVersion()).hasValue("flash");
            }
        }
        assertThat(words).isEqualTo(ProviderAnswers.WORDS);
        assertThat(PROVIDERS.asked(GEMINI).head().target()).isEqualTo(STREAM + "?alt=sse");
    }

    @ParameterizedTest
    @KindSource
    void geminiCallsATool(Deployment.Kind kind) {
        String call = "{\"functionCall\":{\"name\":\"weather\",\"args\":{\"city\":\"Bonn\"}}}";
        GEMINI.api().on(GENERATE, Behaviour.json(ProviderAnswers.content(call, true)));
        Tool weather = Tool.builder()
                .functionDeclarations(FunctionDeclaration.builder()
                        .name("weather")
                        .parametersJsonSchema(CITY)
                        .build())
                .build();

        try (Client client = gemini(kind, KEY)) {
            var answer = client.models.generateContent(
                    "flash",
                    "Say hello",
                    GenerateContentConfig.builder().tools(weather).build());
            assertThat(answer.functionCalls().get(0).args()).hasValue(Map.of("city", "Bonn"));
        }
        assertThat(json(PROVIDERS.asked(GEMINI))
                        .at("/tools/0/functionDeclarations/0/parametersJsonSchema/required/0")
                        .asText())
                .isEqualTo("city");
    }

    @ParameterizedTest
    @KindSource
    void geminiSendsAnImage(Deployment.Kind kind) {
        GEMINI.api().on(GENERATE, Behaviour.json(ProviderAnswers.content("noise")));

        try (Client client = gemini(kind, KEY)) {
            Content image = Content.fromParts(Part.fromText("What is it?"), Part.fromBytes(IMAGE, "image/png"));
            assertThat(client.models.generateContent("flash", image, PLAIN).text())
                    .isEqualTo("noise");
        }
        assertThat(json(PROVIDERS.asked(GEMINI))
                        .at("/contents/0/parts/1/inlineData/data")
                        .asText())
                .isEqualTo(IMAGE_BASE64);
    }

    @ParameterizedTest
    @KindSource
    void geminiGetsEmbeddings(Deployment.Kind kind) {
        GEMINI.api().on(EMBED, Behaviour.json("{\"embeddings\":[{\"values\":[0.5,-0.25]},{\"values\":[1,2]}]}"));

        try (Client client = gemini(kind, KEY)) {
            var answer = client.models.embedContent(
                    "flash-embedder",
                    List.of("a", "b"),
                    EmbedContentConfig.builder().build());
            assertThat(answer.embeddings().orElseThrow().stream()
                            .map(each -> each.values().orElseThrow()))
                    .containsExactly(List.of(0.5f, -0.25f), List.of(1f, 2f));
        }
        assertThat(json(PROVIDERS.asked(GEMINI)).path("requests").findValuesAsText("model"))
                .containsExactly("models/gemini-embedding", "models/gemini-embedding");
    }

    @ParameterizedTest
    @KindSource
    void geminiRaisesWhatTheGatewayRefuses(Deployment.Kind kind) {
        geminiRaises(401, "UNAUTHENTICATED", "The API key is not valid.", () -> ask(kind, UNKNOWN, "flash"));
        geminiRaises(
                403,
                "PERMISSION_DENIED",
                "This API key may not use the model 'flash'.",
                () -> ask(kind, CONFINED, "flash"));
        for (String nobodys : List.of("missing", "chat", "opus")) {
            geminiRaises(
                    404,
                    "NOT_FOUND",
                    "The model '" + nobodys + "' does not exist here.",
                    () -> ask(kind, KEY, nobodys));
        }
        PROVIDERS.askedNoUpstream();

        GEMINI.api().on(GENERATE, Behaviour.json(ProviderAnswers.content("Hello there")));
        geminiRaises(
                429,
                "RESOURCE_EXHAUSTED",
                "Too many requests with this API key; try again later.",
                () -> often(() -> ask(kind, LIMITED, "flash")));
    }

    private static void ask(Deployment.Kind kind, String key, String model) {
        try (Client client = gemini(kind, key)) {
            client.models.generateContent(model, "Say hello", PLAIN);
        }
    }
}
