package io.llmproxy.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Ids;
import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.codec.StreamEncoder;
import io.llmproxy.convert.codec.ToolNames;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.ChatAnswer;
import io.llmproxy.convert.model.Choice;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.Usage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How much a client may send, and how much a model may ask for. */
final class BoundsTest {
    private static final int MOST_TOOLS = 4096;
    private static final int MOST_CALLS = 1024;
    private static final int DEEPEST = 256;

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void aRequestHasAsManyToolsAsItMayHave(Dialect client) {
        for (Dialect upstream : Dialect.values()) {
            String sent = text(convert(client, withTools(client, MOST_TOOLS)), upstream);
            assertThat(sent).contains("\"tool1\"", "\"tool" + MOST_TOOLS + "\"");
        }
    }

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void aRequestWithMoreToolsIsRefused(Dialect client) {
        ConversionException refusal = refusal(client, withTools(client, MOST_TOOLS + 1));
        assertThat(refusal.param()).isEqualTo("tools");
        assertThat(refusal).hasMessage("tools must not be more than 4096");
        assertThat(refusal.isInvalid()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void aStreamHasAsManyCallsAsItMayHave(Dialect upstream) {
        for (Dialect client : Dialect.values()) {
            StreamConverter converter = converter(client, upstream);
            String out = converted(converter, upstream, MOST_CALLS);
            assertThat(converter.fault()).isNull();
            assertThat(converter.isWhole()).isTrue();
            assertThat(out).contains("\"tool1\"", "\"tool" + MOST_CALLS + "\"");
        }
    }

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void aStreamWithMoreCallsFails(Dialect upstream) {
        for (Dialect client : Dialect.values()) {
            StreamConverter converter = converter(client, upstream);
            String out = converted(converter, upstream, MOST_CALLS + 1);
            assertThat(converter.isWhole()).isFalse();
            assertThat(Objects.requireNonNull(converter.fault()).cause()).isEqualTo(Fault.Cause.BAD_ANSWER);
            assertThat(out)
                    .contains("the model called too many tools")
                    .doesNotContain("\"tool" + (MOST_CALLS + 1) + "\"")
                    .doesNotContain("[DONE]", "message_stop", "response.completed");
        }
    }

    /** The document is the first level, and each dialect has its own levels above a schema. */
    @ParameterizedTest
    @EnumSource(Dialect.class)
    void aSchemaIsAsDeepAsItMayBe(Dialect client) {
        int above = switch (client) {
            case CHAT -> 4;
            case RESPONSES, MESSAGES -> 3;
            case GEMINI -> 5;
        };
        byte[] deep = withSchema(client, DEEPEST - above);
        assertThat(text(convert(client, deep), Dialect.MESSAGES)).contains("\"tool1\"");

        ConversionException refusal = refusal(client, withSchema(client, DEEPEST - above + 1));
        String path = path(client);
        assertThat(refusal.param()).isEqualTo(path);
        assertThat(refusal).hasMessage(path + " is nested deeper than 256 levels");
    }

    private static String path(Dialect client) {
        return switch (client) {
            case CHAT -> "tools[0].function.parameters";
            case RESPONSES -> "tools[0].parameters.x";
            case MESSAGES -> "tools[0].input_schema.x";
            case GEMINI -> "tools[0].functionDeclarations[0]";
        };
    }

    private static byte[] withTools(Dialect client, int count) {
        Json.Arr tools = new Json.Arr();
        for (int number = 1; number <= count; number++) {
            tools.add(tool(client, "tool" + number, new Json.Obj().put("type", "object")));
        }
        return request(client, tools).getBytes(StandardCharsets.UTF_8);
    }

    /** @param levels of objects in the schema, itself included */
    private static byte[] withSchema(Dialect client, int levels) {
        Json.Arr tools = new Json.Arr().add(tool(client, "tool1", new Json.Obj().put("MARK", true)));
        String deep = "{\"type\":\"object\",\"x\":".repeat(levels - 1) + "{}" + "}".repeat(levels - 1);
        return request(client, tools).replace("{\"MARK\":true}", deep).getBytes(StandardCharsets.UTF_8);
    }

    private static String request(Dialect client, Json.Arr tools) {
        String start = switch (client) {
            case CHAT, MESSAGES -> "{'messages':[{'role':'user','content':'x'}],'tools':";
            case RESPONSES -> "{'input':'x','tools':";
            case GEMINI -> "{'contents':[{'parts':[{'text':'x'}]}],'tools':[{'functionDeclarations':";
        };
        return start.replace('\'', '"') + tools.text() + (client == Dialect.GEMINI ? "}]}" : "}");
    }

    private static Json.Obj tool(Dialect client, String name, Json.Obj schema) {
        Json.Obj named = new Json.Obj().put("name", name);
        return switch (client) {
            case CHAT -> new Json.Obj().put("type", "function").put("function", named.put("parameters", schema));
            case RESPONSES -> named.put("type", "function").put("parameters", schema);
            case MESSAGES -> named.put("input_schema", schema);
            case GEMINI -> named.put("parametersJsonSchema", schema);
        };
    }

    private static Conversion convert(Dialect client, byte[] body) {
        return Conversion.of(client, RequestLine.NONE, body, Policy.DEFAULT, Limits.DEFAULT, Ids.random());
    }

    private static String text(Conversion conversion, Dialect upstream) {
        byte[] sent = conversion.attempt(Upstream.of(upstream, "m"), 0).requestBody();
        return new String(sent, StandardCharsets.UTF_8);
    }

    private static ConversionException refusal(Dialect client, byte[] body) {
        return catchThrowableOfType(ConversionException.class, () -> convert(client, body));
    }

    private static StreamConverter converter(Dialect client, Dialect upstream) {
        byte[] body = request(client, new Json.Arr())
                .replaceFirst("\\{", "{\"stream\":true,")
                .getBytes(StandardCharsets.UTF_8);
        return Conversion.of(
                client, new RequestLine("m", true, false), body, Policy.DEFAULT, Limits.DEFAULT, Ids.random())
                .attempt(Upstream.of(upstream, "m"), 0)
                .stream();
    }

    private static String converted(StreamConverter converter, Dialect upstream, int calls) {
        byte[] stream = stream(upstream, calls);
        StringBuilder out = new StringBuilder();
        for (int from = 0; from < stream.length; from += 1000) {
            out.append(converter.accept(stream, from, Math.min(1000, stream.length - from)));
        }
        return out.append(converter.end()).toString();
    }

    /** Says something first, so that an error cannot become a status any more. */
    private static byte[] stream(Dialect upstream, int calls) {
        List<Part> parts = new ArrayList<>();
        parts.add(new Part.Text("hello"));
        for (int number = 1; number <= calls; number++) {
            parts.add(new Part.ToolCall(
                    "call_" + number, "tool" + number, null, "{}", false, null, Node.of(Json.Null.NULL)));
        }
        Choice choice = new Choice(0, parts, new Stop(Stop.Reason.TOOL_CALLS), null);
        Answering as = new Answering(
                convert(upstream, request(upstream, new Json.Arr()).getBytes(StandardCharsets.UTF_8))
                        .request(),
                "m",
                Policy.DEFAULT,
                new ToolNames(upstream, List.of(), List.of()),
                Ids.random(),
                1,
                Usage.ZERO,
                Limits.DEFAULT,
                false);
        StreamEncoder encoder = Codecs.of(upstream).streamEncoder(as);
        encoder.begin(null, null);
        Replay.of(new ChatAnswer(null, List.of(choice), Usage.ZERO, null), encoder);
        return encoder.written().toBytes();
    }
}
