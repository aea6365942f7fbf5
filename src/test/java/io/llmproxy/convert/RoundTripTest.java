package io.llmproxy.convert;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.Capabilities;
import io.llmproxy.convert.codec.Codec;
import io.llmproxy.convert.codec.Collector;
import io.llmproxy.convert.codec.Conversation;
import io.llmproxy.convert.codec.Ids;
import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.Notes;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.codec.StreamEncoder;
import io.llmproxy.convert.codec.ToolNames;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.Choice;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.OutputFormat;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Place;
import io.llmproxy.convert.model.Sampling;
import io.llmproxy.convert.model.Tool;
import io.llmproxy.convert.model.Turn;
import io.llmproxy.convert.model.Usage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is written in a dialect and read again is the same. */
final class RoundTripTest {
    private static final long SEED = 20261128;
    private static final int TIMES = 300;

    /** What a model and an upstream may be able to do, in addition to what is known of Gemini 3. */
    private static final Map<String, String> ABLE = Map.ofEntries(
            Map.entry("breakpoints", "true"),
            Map.entry("effort-values", "none,minimal,low,medium,high,xhigh,max"),
            Map.entry("function-ids", "true"),
            Map.entry("json-schema-tools", "true"),
            Map.entry("mid-system", "true"),
            Map.entry("reasoning-content", "true"),
            Map.entry("reasons", "true"),
            Map.entry("structured", "true"),
            Map.entry("structured-with-tools", "true"),
            Map.entry("temperature-with-top-p", "true"),
            Map.entry("tool-images", "true"),
            Map.entry("url-images", "true"));

    /**
     * What is left out on purpose: the fields that are not compared, and why. Which fields count as equal when they are not said stands in
     * {@link #fields}; a model that cannot do without is not asked, as {@link #ABLE} says; and {@link RandomRequests} says nothing that is left
     * out beside something else: sampling of a model that thinks, a forced tool of one, blank stop strings, documents of text in a result,
     * calls of tools that are not declared, tools that a provider runs, states.
     */
    private static final Map<String, String> LEFT_OUT = Map.of(
            "names of speakers", "no other dialect has them",
            "extras", "no other dialect has them",
            "usage in a stream", "always asked for; only the client's wish counts",
            "sealed reasoning", "always asked for where a model may reason");

    /** Requests whose names, parts or tools become others on purpose. */
    private static final Pattern OTHERS = Pattern.compile(
            "ids|id-long|hosted|search|code|names|allowed|validated|thinking|rich|shell|no-tools|custom|namespace|native|legacy|prefill|error-result|noid|sealed|missing|snake|m2c-tool-image|only-system");

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void aWholeAnswerIsTheSame(Dialect dialect) {
        Codec codec = Codecs.of(dialect);
        RandomAnswers answers = new RandomAnswers(new Random(SEED));
        for (int time = 0; time < TIMES; time++) {
            ChatAnswer told = answers.next(true);
            byte[] written = codec.encodeAnswer(told, answering(dialect)).bytes();
            ChatAnswer read = codec.decodeAnswer((Json.Obj) JsonReader.read(written), attempt(dialect));
            assertThat(essence(read)).isEqualTo(essence(told));
            assertThat(read.usage()).isEqualTo(told.usage());
        }
    }

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void aStreamIsTheSameHoweverItIsCut(Dialect dialect) {
        Codec codec = Codecs.of(dialect);
        Random random = new Random(SEED);
        RandomAnswers answers = new RandomAnswers(random);
        for (int time = 0; time < TIMES; time++) {
            ChatAnswer told = answers.next(true);
            StreamEncoder encoder = codec.streamEncoder(answering(dialect));
            Replay.of(told, new StreamGuard(encoder));
            byte[] stream = encoder.written().toBytes();
            ClientStream.parse(dialect, new String(stream, StandardCharsets.UTF_8));

            Collector collector = new Collector(1 << 20);
            StreamGuard guard = new StreamGuard(new CollectingEncoder(collector));
            var decoder = codec.streamDecoder(attempt(dialect));
            UpstreamReader reader = new UpstreamReader(new DecodingSink(decoder, guard), 1 << 20);
            for (int from = 0; from < stream.length; ) {
                int length = Math.min(stream.length - from, 1 + random.nextInt(40));
                reader.read(stream, from, length);
                from += length;
            }
            if (!guard.isOver()) {
                decoder.end(guard);
            }
            assertThat(guard.fault()).isNull();
            assertThat(guard.isWhole()).isTrue();
            assertThat(essence(collector.answer())).isEqualTo(essence(told));
            assertThat(guard.usage()).isEqualTo(told.usage());
        }
    }

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void aStreamThatIsCutAtAnyByteNeverLooksWhole(Dialect dialect) {
        Codec codec = Codecs.of(dialect);
        ChatAnswer told = new RandomAnswers(new Random(SEED)).next(true);
        StreamEncoder encoder = codec.streamEncoder(answering(dialect));
        Replay.of(told, new StreamGuard(encoder));
        byte[] stream = encoder.written().toBytes();
        String text = new String(stream, StandardCharsets.UTF_8);
        int end = text.indexOf(
                switch (dialect) {
                    case CHAT -> "\"finish_reason\":\"";
                    case RESPONSES -> "event: response.completed";
                    case MESSAGES -> "event: message_delta";
                    case GEMINI -> "\"finishReason\"";
                });
        int bytes = text.substring(0, end).getBytes(StandardCharsets.UTF_8).length;
        for (Dialect client : Dialect.values()) {
            for (int cut = 0; cut < bytes; cut++) {
                StreamConverter converter = new StreamConverter(
                        codec.streamDecoder(attempt(dialect)),
                        Codecs.of(client).streamEncoder(answering(client)),
                        Limits.DEFAULT,
                        null,
                        1);
                String out = converter.accept(stream, 0, cut).toString() + converter.end();
                assertThat(converter.isWhole()).isFalse();
                assertThat(converter.fault()).isNotNull();
                assertThat(out)
                        .doesNotContain("[DONE]", "message_stop", "response.completed", "\"finishReason\"")
                        .doesNotContain("\"finish_reason\":\"");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void aConversationIsTheSameThereAndBack(Dialect through) {
        Random random = new Random(SEED);
        RandomAnswers words = new RandomAnswers(random);
        for (int time = 0; time < TIMES; time++) {
            Json.Obj chat = conversation(random, words);
            ChatRequest told = request(Dialect.CHAT, chat);
            byte[] there = Conversion.of(
                            Dialect.CHAT, RequestLine.NONE, chat.bytes(), Policy.DEFAULT, Limits.DEFAULT, Ids.random())
                    .attempt(new Upstream(through, Place.NATIVE, "f", "gemini-3-x", Map.of("thinking", "none")), 0)
                    .requestBody();
            ChatRequest read = request(through, (Json.Obj) JsonReader.read(there));
            assertThat(essence(read.turns())).isEqualTo(essence(told.turns()));
            assertThat(read.tools().stream().map(tool -> tool.name()).toList())
                    .isEqualTo(told.tools().stream().map(tool -> tool.name()).toList());
        }
    }

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void aRequestIsTheSameInItsOwnDialect(Dialect dialect) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/test/resources/convert"))) {
            for (Path file : files.sorted().toList()) {
                Json.Obj told = (Json.Obj) JsonReader.read(Files.readAllBytes(file));
                Json.Obj body = told.object("request");
                boolean plain = told.object("refused") == null && told.object("upstreamRequest") != null;
                boolean own = !OTHERS.matcher(file.toString()).find();
                if (body != null && plain && own && told.string("client", "").equals(dialect.word())) {
                    ChatRequest first = request(dialect, body);
                    ChatRequest second = request(dialect, again(dialect, body));
                    List<Turn> arranged = Conversation.arrange(first.turns(), new Notes(Policy.Lossy.QUIET, dialect));
                    assertThat(told(second.turns())).as(file.toString()).isEqualTo(told(arranged));
                    assertThat(second.tools().stream().map(tool -> tool.name()).toList())
                            .as(file.toString())
                            .isEqualTo(first.tools().stream()
                                    .map(tool -> tool.name())
                                    .toList());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void anyRequestKeepsAllThatItsOwnDialectCanSay(Dialect dialect) {
        RandomRequests requests = new RandomRequests(dialect, new Random(SEED));
        for (int time = 0; time < TIMES; time++) {
            Json.Obj body = requests.next();
            ChatRequest first = request(dialect, body);
            ChatRequest second = request(dialect, inFull(dialect, first, body));
            assertThat(fields(dialect, second)).as(body.text()).isEqualTo(fields(dialect, first));
        }
    }

    /** Asks a model that takes everything, for an operator who changes nothing. */
    private static Json.Obj inFull(Dialect dialect, ChatRequest request, Json.Obj body) {
        Map<String, String> able = new HashMap<>(ABLE);
        boolean budget =
                request.thinking().level() == null && request.thinking().budget() != null;
        able.put("thinking", budget ? "budget" : "adaptive");
        able.put("thinking-control", budget ? "budget" : "level");
        Policy open = new Policy(Policy.Lossy.WARN, false, Set.of(), 8192, true, true, true);
        Upstream upstream =
                new Upstream(dialect, Place.NATIVE, Upstream.of(dialect, "").family(), "gemini-3-flash", able);
        return (Json.Obj) JsonReader.read(
                Conversion.of(dialect, RequestLine.NONE, body.bytes(), open, Limits.DEFAULT, Ids.random())
                        .attempt(upstream, 0)
                        .requestBody());
    }

    /** Returns all that a request says, without what {@link #LEFT_OUT} names, and with defaults in place of what is not said. */
    private static Map<String, String> fields(Dialect dialect, ChatRequest request) {
        Map<String, String> fields = new TreeMap<>();
        List<String> said = new ArrayList<>();
        for (Turn turn : Conversation.arrange(request.turns(), new Notes(Policy.Lossy.QUIET, dialect))) {
            String who = turn.role().instructs() ? "SYSTEM" : turn.role().name();
            turn.parts().forEach(part -> said.add(who + " " + inFull(part)));
        }
        fields.put("turns", String.join("\n", said));
        List<Tool> tools = request.tools();
        for (int number = 0; number < tools.size(); number++) {
            fields.put("tool " + number, inFull(tools.get(number)));
        }
        fields.put("choice", "" + (tools.isEmpty() ? null : request.choice()));
        boolean parallel = tools.isEmpty() || !Boolean.FALSE.equals(request.parallelCalls());
        fields.put("parallel", "" + parallel);
        Sampling sampling = request.sampling();
        Long choices = sampling.choices();
        fields.put("limit", "" + sampling.maxOutput());
        fields.put("temperature", "" + sampling.temperature());
        fields.put("top p", "" + sampling.topP());
        fields.put("top k", "" + sampling.topK());
        fields.put("stop", "" + sampling.stop());
        fields.put("seed", "" + sampling.seed());
        fields.put("choices", "" + (choices == null ? 1 : choices));
        fields.put("frequency", "" + sampling.frequencyPenalty());
        fields.put("presence", "" + sampling.presencePenalty());
        fields.put("logprobs", sampling.logprobs() + " " + (sampling.logprobs() ? sampling.topLogprobs() : null));
        fields.put("verbosity", "" + sampling.verbosity());
        fields.put("level", "" + request.thinking().level());
        fields.put(
                "budget",
                "" + (request.thinking().level() == null ? request.thinking().budget() : null));
        fields.put(
                "show",
                ""
                        + (Boolean.TRUE.equals(request.thinking().show())
                                && !request.thinking().isOff()));
        fields.put(
                "format",
                request.format() instanceof OutputFormat.Schema schema ? inFull(schema) : "" + request.format());
        fields.put("user", "" + request.audience().id());
        fields.put("metadata", "" + request.audience().metadata());
        fields.put("cache key", "" + request.cacheKey());
        fields.put("tier", "" + request.tier());
        fields.put("stream", "" + request.stream());
        fields.put("extras", request.extras().toString());
        fields.put("usage in a stream", "" + request.streamUsage());
        fields.put("sealed reasoning", "" + request.sealedReasoning());
        fields.put(
                "names of speakers",
                request.turns().stream()
                        .map(turn -> String.valueOf(turn.name()))
                        .toList()
                        .toString());
        fields.keySet().removeAll(LEFT_OUT.keySet());
        return fields;
    }

    private static String inFull(OutputFormat.Schema schema) {
        return schema.name() + " " + schema.description() + " " + schema.schema() + " " + isStrict(schema.strict());
    }

    private static String inFull(Tool tool) {
        if (tool instanceof Tool.Function function) {
            Json.Obj none = new Json.Obj().put("type", "object").put("properties", new Json.Obj());
            Json.Obj schema = function.schema() == null ? none : function.schema();
            return function.name() + " " + function.namespace() + " " + function.description() + " " + schema + " "
                    + isStrict(function.strict()) + " " + function.cache();
        }
        return tool instanceof Tool.Custom custom
                ? custom.name() + " " + custom.namespace() + " " + custom.description() + " " + custom.format()
                : tool.toString();
    }

    private static boolean isStrict(@Nullable Boolean strict) {
        return Boolean.TRUE.equals(strict);
    }

    private static String inFull(Part part) {
        if (part instanceof Part.Image image) {
            String detail = image.detail() == null ? "auto" : image.detail();
            return "shows " + image.source() + " " + detail + " " + image.cache();
        }
        if (part instanceof Part.Document document) {
            String name = document.title() == null ? document.filename() : document.title();
            return "attaches " + document.source() + " " + name + " " + document.context() + " " + document.citations()
                    + " " + document.cache();
        }
        if (part instanceof Part.ToolCall call) {
            String said = call.custom() ? "writes " + call.id() + " " + call.name() + call.arguments() : essence(call);
            return said + " " + call.namespace() + " " + call.custom() + " " + call.opaque();
        }
        if (part instanceof Part.ToolResult result) {
            return "gives " + result.callId() + " " + result.custom() + " " + result.error() + " " + result.cache()
                    + " " + result.parts().stream().map(RoundTripTest::inFull).toList();
        }
        return part.toString();
    }

    /** Without what is not replayed, and without nothing. */
    private static List<String> told(List<Turn> turns) {
        return essence(turns).stream()
                .filter(said -> !said.startsWith("ASSISTANT thinks") && !said.endsWith(" says "))
                .toList();
    }

    private static Json.Obj again(Dialect dialect, Json.Obj body) {
        Map<String, String> able = Map.of(
                "reasoning-content",
                "true",
                "tool-images",
                "true",
                "mid-system",
                "true",
                "structured-with-tools",
                "true",
                "url-images",
                "true");
        Conversion conversion =
                Conversion.of(dialect, RequestLine.NONE, body.bytes(), Policy.DEFAULT, Limits.DEFAULT, Ids.random());
        String family = Upstream.of(dialect, "").family();
        return (Json.Obj) JsonReader.read(conversion
                .attempt(new Upstream(dialect, Place.NATIVE, family, "gemini-2.5-flash", able), 0)
                .requestBody());
    }

    private static ChatRequest request(Dialect dialect, Json.Obj body) {
        return Codecs.of(dialect)
                .decodeRequest(Node.of(body), RequestLine.NONE, new Notes(Policy.Lossy.QUIET, dialect));
    }

    /** User and assistant take turns; some turns of the assistant call tools. */
    private static Json.Obj conversation(Random random, RandomAnswers words) {
        Json.Arr messages = new Json.Arr();
        if (random.nextBoolean()) {
            messages.add(message("system", words.words()));
        }
        messages.add(message("user", words.words()));
        for (int rounds = random.nextInt(4); rounds > 0; rounds--) {
            Json.Obj said = message("assistant", words.words());
            messages.add(said);
            Json.Arr calls = new Json.Arr();
            for (int call = random.nextInt(3); call > 0; call--) {
                Json.Obj function = new Json.Obj()
                        .put("name", "tool" + call)
                        .put("arguments", words.object().text());
                calls.add(new Json.Obj()
                        .put("id", "call_" + rounds + "_" + call)
                        .put("type", "function")
                        .put("function", function));
            }
            if (!calls.isEmpty()) {
                said.put("tool_calls", calls);
                for (Json call : calls.items()) {
                    messages.add(message("tool", words.words()).put("tool_call_id", ((Json.Obj) call).string("id")));
                }
            }
            messages.add(message("user", words.words()));
        }
        Json.Obj function = new Json.Obj().put("name", "tool1").put("parameters", new Json.Obj().put("type", "object"));
        return new Json.Obj()
                .put("model", "m")
                .put("messages", messages)
                .put(
                        "tools",
                        new Json.Arr()
                                .add(new Json.Obj().put("type", "function").put("function", function)));
    }

    private static Json.Obj message(String role, String content) {
        return new Json.Obj().put("role", role).put("content", content);
    }

    /** Tells what was said, asked for and given, whatever turns it is cut into. */
    private static List<String> essence(List<Turn> turns) {
        List<String> said = new ArrayList<>();
        for (Turn turn : turns) {
            String who = turn.role().instructs() ? "SYSTEM" : turn.role().name();
            for (Part part : turn.parts()) {
                said.add(who + " " + essence(part));
            }
        }
        return said;
    }

    private static List<String> essence(ChatAnswer answer) {
        List<String> said = new ArrayList<>();
        for (Choice choice : answer.choices()) {
            choice.parts().forEach(part -> said.add(choice.index() + " " + essence(part)));
            said.add(choice.stop().reason().name());
        }
        return said;
    }

    private static String essence(Part part) {
        if (part instanceof Part.Text text) {
            return "says " + text.text();
        }
        if (part instanceof Part.Reasoning reasoning) {
            return "thinks " + reasoning.text();
        }
        if (part instanceof Part.ToolCall call) {
            String arguments = call.arguments().isEmpty() ? "{}" : call.arguments();
            return "calls " + call.id() + " " + call.name() + " " + JsonReader.object(arguments);
        }
        if (part instanceof Part.ToolResult result) {
            return "gives " + result.callId() + " "
                    + result.parts().stream().map(RoundTripTest::essence).toList();
        }
        return part.toString();
    }

    private static Answering answering(Dialect dialect) {
        String thinking = "{'contents':[],'generationConfig':{'thinkingConfig':{'includeThoughts':true}}}";
        String body = switch (dialect) {
            case CHAT -> "{'messages':[],'stream':true,'stream_options':{'include_usage':true}}";
            case RESPONSES -> "{'input':[],'stream':true}";
            case MESSAGES -> "{'messages':[],'stream':true}";
            case GEMINI -> thinking;
        };
        ChatRequest request = request(
                dialect, (Json.Obj) JsonReader.read(body.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
        return new Answering(
                request,
                "m",
                Policy.DEFAULT,
                new ToolNames(dialect, List.of(), List.of()),
                Ids.random(),
                1,
                Usage.ZERO,
                Limits.DEFAULT,
                false);
    }

    private static Attempt attempt(Dialect dialect) {
        return new Attempt(
                dialect,
                Place.NATIVE,
                "f",
                "m",
                Capabilities.of(dialect, false, "m", Map.of()),
                Policy.DEFAULT,
                new ToolNames(dialect, List.of(), List.of()),
                new Notes(Policy.Lossy.WARN, dialect),
                Ids.random(),
                true);
    }
}
