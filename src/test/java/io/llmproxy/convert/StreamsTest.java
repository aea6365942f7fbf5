package io.llmproxy.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.Ids;
import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.convert.codec.RequestLine;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Fault;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams, where there is more to them than what comes out. */
final class StreamsTest {
    private static final String TEXT = "data: {'id':'c','choices':[{'index':0,'delta':{'content':'Hi'}}]}\n\n";
    private static final String END = """
            data: {'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}

            data: {'choices':[],'usage':{'prompt_tokens':3,'completion_tokens':4}}

            data: [DONE]

            """;

    @Test
    void anEventIsOutBeforeTheNextOneComes() {
        StreamConverter converter = stream(Dialect.MESSAGES, Limits.DEFAULT);
        for (int time = 0; time < 3; time++) {
            assertThat(accept(converter, TEXT)).endsWith("\"text\":\"Hi\"}}\n\n");
        }
        assertThat(accept(converter, END)).endsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
        assertThat(converter.isWhole()).isTrue();
        assertThat(Objects.requireNonNull(converter.usage()).totalInput()).isEqualTo(3);
        assertThat(converter.upstreamId()).isEqualTo("c");
        assertThat(accept(converter, TEXT)).isEmpty();
        assertThat(converter.end().size()).isZero();
    }

    @Test
    void anUpstreamThatStaysOpenAfterItsEndNeedNotBeWaitedFor() {
        StreamConverter converter = stream(Dialect.MESSAGES, Limits.DEFAULT);
        accept(converter, TEXT);
        assertThat(converter.isStopped()).isFalse();
        accept(converter, "data: {'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}\n\n");
        assertThat(converter.isStopped()).isTrue();
        assertThat(converter.isOver()).isFalse();
        assertThat(converter.end().toString()).endsWith("data: {\"type\":\"message_stop\"}\n\n");
        assertThat(converter.isWhole()).isTrue();
    }

    @Test
    void aStreamOfTwoAnswersIsEndingWhenBothHaveStopped() {
        byte[] body = json("{'contents':[{'parts':[{'text':'x'}]}],'generationConfig':{'candidateCount':2}}");
        StreamConverter converter = Conversion.of(
                Dialect.GEMINI, new RequestLine("m", true, false), body, Policy.DEFAULT, Limits.DEFAULT, Ids.random())
                .attempt(Upstream.of(Dialect.CHAT, "m"), 0)
                .stream();
        accept(converter, TEXT);
        accept(converter, "data: {'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}\n\n");
        assertThat(converter.isStopped()).isTrue();
        assertThat(converter.isEnding()).isFalse();
        accept(converter, "data: {'choices':[{'index':1,'delta':{'content':'Ho'},'finish_reason':'stop'}]}\n\n");
        assertThat(converter.isEnding()).isTrue();
    }

    @Test
    void anEmptyReasonIsNone() {
        StreamConverter converter = stream(Dialect.MESSAGES, Limits.DEFAULT);
        accept(converter, "data: {'choices':[{'index':0,'delta':{'content':'Hi'},'finish_reason':''}]}\n\n");
        assertThat(converter.isStopped()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"chat, ': keep-alive'", "responses, ': keep-alive'", "messages, event: ping", "gemini, ''"})
    void aHeartbeatIsSentBetweenTheFirstEventAndTheLastOnly(String client, String beat) {
        StreamConverter converter = stream(ConversionCase.dialect(client), Limits.DEFAULT);
        assertThat(converter.heartbeat()).isEmpty();
        accept(converter, TEXT);
        assertThat(new String(converter.heartbeat(), StandardCharsets.UTF_8)).startsWith(beat);
        assertThat(converter.heartbeat().length > 0).isEqualTo(!beat.isEmpty());
        accept(converter, END);
        assertThat(converter.heartbeat()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"chat", "responses", "messages", "gemini"})
    void aStreamThatFailsOnItsWayEndsWithAnErrorOnce(String client) {
        StreamConverter converter = stream(ConversionCase.dialect(client), Limits.DEFAULT);
        accept(converter, TEXT);
        Fault fault = Fault.of(Fault.Cause.TIMEOUT, 504, "late");
        assertThat(converter.fail(fault).toString()).contains("late");
        assertThat(converter.fail(fault).size()).isZero();
        assertThat(converter.fault()).isEqualTo(fault);
        assertThat(converter.isWhole()).isFalse();
    }

    @Test
    void aCallOfMuchTextInTinyPiecesIsTheSameInBoundedMemory() {
        StreamConverter converter = stream(Dialect.MESSAGES, Limits.DEFAULT);
        accept(
                converter,
                "data: {'choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'id':'c','function':{'name':'f',"
                        + "'arguments':'{\\'a\\':\\''}}]}}]}\n\n");
        StringBuilder arguments = new StringBuilder();
        for (int time = 0; time < 1 << 16; time++) {
            String out = accept(
                    converter,
                    "data: {'choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'function':{'arguments':'x'}}]}}]}\n\n");
            Json.Obj event =
                    (Json.Obj) ClientStream.parse(Dialect.MESSAGES, out).items().get(0);
            arguments.append(Objects.requireNonNull(event.object("delta")).string("partial_json"));
        }
        accept(
                converter,
                "data: {'choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'function':{'arguments':'\\'}'}}]}}]}\n\n");
        assertThat(arguments).hasSize(1 << 16);
        accept(converter, END);
        assertThat(converter.isWhole()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"messages", "responses", "gemini"})
    void whatMustBeKeptIsBounded(String client) {
        StreamConverter converter = stream(ConversionCase.dialect(client), new Limits(1 << 20, 100, 100));
        String call = "data: {'choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'id':'c','function':{'name':'f',"
                + "'arguments':'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'}}]}}]}\n\n";
        for (int time = 0; time < 4; time++) {
            accept(converter, call);
        }
        assertThat(converter.isOver()).isTrue();
        assertThat(told(converter)).contains("too large");
    }

    @Test
    void aLineThatNeverEndsIsBounded() {
        StreamConverter converter = stream(Dialect.CHAT, new Limits(100, 100, 100));
        for (int time = 0; time < 20; time++) {
            accept(converter, "data: xxxxxxxxxx");
        }
        assertThat(told(converter)).contains("too large");
        StreamConverter lines = stream(Dialect.CHAT, new Limits(100, 100, 100));
        for (int time = 0; time < 20; time++) {
            accept(lines, "data: xxxxxxxxxx\n");
        }
        assertThat(told(lines)).contains("too large");
        StreamConverter array = stream(Dialect.CHAT, new Limits(100, 100, 100));
        accept(array, "[{");
        for (int time = 0; time < 20; time++) {
            accept(array, "'xxxxxxxxxx");
        }
        assertThat(told(array)).contains("too large");
    }

    @Test
    void blankLinesByteOrderMarksAndDataInSeveralLinesAreRead() {
        StreamConverter converter = stream(Dialect.CHAT, Limits.DEFAULT);
        assertThat(accept(converter, "\n\r\n \uFEFFdata: x")).isEmpty();
        StreamConverter marked = stream(Dialect.CHAT, Limits.DEFAULT);
        assertThat(accept(marked, "\uFEFF" + TEXT.replace("data: {", "data: {\ndata:")))
                .contains("Hi");
        accept(marked, "data\n\ndata:\n\n");
        assertThat(told(marked)).contains("not JSON");
    }

    @Test
    void aStreamIsAnArrayForClientsThatAskForNoEvents() {
        byte[] body = "{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}]}".getBytes(StandardCharsets.UTF_8);
        for (String end : new String[] {END, ""}) {
            StreamConverter converter = Conversion.of(
                    Dialect.GEMINI,
                    new RequestLine("g", true, true),
                    body,
                    Policy.DEFAULT,
                    Limits.DEFAULT,
                    Ids.random())
                    .attempt(Upstream.of(Dialect.CHAT, "m"), 0)
                    .stream();
            String out = accept(converter, TEXT) + accept(converter, end) + converter.end();
            Json.Arr array = (Json.Arr) JsonReader.read(out.getBytes(StandardCharsets.UTF_8));
            assertThat(array.items()).hasSize(2);
            assertThat(out.contains("\"error\"")).isEqualTo(end.isEmpty());
        }
    }

    @Test
    void aWholeAnswerIsMadeOfAStream() {
        StreamCollector collector = collector();
        byte[] stream = json(TEXT + TEXT + END);
        for (byte next : stream) {
            collector.accept(new byte[] {next}, 0, 1);
        }
        WholeAnswer answer = collector.end();
        assertThat(new String(answer.body(), StandardCharsets.UTF_8))
                .contains("\"text\":\"HiHi\"", "\"stop_reason\":\"end_turn\"");
        assertThat(Objects.requireNonNull(answer.usage()).output()).isEqualTo(4);
        assertThat(answer.upstreamId()).isEqualTo("c");
    }

    @ParameterizedTest
    @ValueSource(strings = {TEXT, "data: {'error':{'message':'x'}}\n\n", ""})
    void aStreamThatIsCutMakesNoAnswer(String stream) {
        StreamCollector collector = collector();
        byte[] bytes = json(stream);
        collector.accept(bytes, 0, bytes.length);
        assertThatThrownBy(collector::end).isInstanceOf(BadAnswerException.class);
    }

    @Test
    void wordsAfterAWholeCallAreOutAtOnce() {
        StreamConverter converter = stream(Dialect.MESSAGES, Limits.DEFAULT);
        accept(
                converter,
                "data: {'choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'id':'c','function':{'name':'f',"
                        + "'arguments':'{}'}}]}}]}\n\n");
        assertThat(accept(converter, TEXT))
                .startsWith("event: content_block_stop")
                .endsWith("\"text\":\"Hi\"}}\n\n");
        assertThat(accept(converter, END)).endsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    }

    @Test
    void nothingFollowsTheErrorThatEndsAStream() {
        StreamConverter converter = stream(Dialect.RESPONSES, new Limits(1 << 20, 10, 10));
        accept(converter, TEXT);
        String told = accept(
                converter,
                "data: {'choices':[{'index':0,'delta':{'content':'much too long','tool_calls':[{'index':0,'id':'c',"
                        + "'function':{'name':'f','arguments':'{}'}}]}}]}\n\n");
        assertThat(told).contains("event: response.failed").doesNotContain("function_call");
    }

    @Test
    void whatIsWrittenToAToolThatTakesTextIsCountedUntilItIsTold() {
        String body = "{'messages':[{'role':'user','content':'x'}],'stream':true,"
                + "'tools':[{'type':'custom','custom':{'name':'patch'}}]}";
        StreamConverter converter = Conversion.of(
                Dialect.CHAT,
                new RequestLine("m", true, false),
                json(body),
                Policy.DEFAULT,
                Limits.DEFAULT,
                Ids.random())
                .attempt(Upstream.of(Dialect.MESSAGES, "m"), 0)
                .stream();
        accept(
                converter,
                "data: {'type':'content_block_start','index':0,'content_block':{'type':'tool_use','id':'t','name':'patch',"
                        + "'input':{}}}\n\n");
        long before = converter.held();
        accept(
                converter,
                "data: {'type':'content_block_delta','index':0,'delta':{'type':'input_json_delta','partial_json':'"
                        + " ".repeat(2000) + "'}}\n\n");
        assertThat(converter.held()).isGreaterThanOrEqualTo(before + 2000);
        accept(converter, "data: {'type':'content_block_stop','index':0}\n\n");
        assertThat(converter.held()).isLessThan(before + 2000);
    }

    /** Some servers leave {@code output_index} out, and tell some items only at the end. */
    @Test
    void itemsOfResponsesAreKnownByTheirNamesToo() {
        StreamConverter converter =
                conversion(Dialect.CHAT, Limits.DEFAULT).attempt(Upstream.of(Dialect.RESPONSES, "m"), 0).stream();
        String told = accept(
                converter,
                "data: {'type':'response.output_item.added','item':{'type':'message','id':'m1'}}\n\n"
                        + "data: {'type':'response.output_text.delta','item_id':'m1','delta':'Hello'}\n\n"
                        + "data: {'type':'response.output_item.added','item':{'type':'function_call','id':'f1',"
                        + "'call_id':'c1','name':'first'}}\n\n"
                        + "data: {'type':'response.function_call_arguments.delta','item_id':'f1','delta':'{}'}\n\n"
                        + "data: {'type':'response.completed','response':{'status':'completed','output':["
                        + "{'type':'message','id':'m9','content':[{'type':'output_text','text':'Hello'}]},"
                        + "{'type':'function_call','id':'f9','call_id':'c1','name':'first','arguments':'{}'},"
                        + "{'type':'function_call','id':'f2','call_id':'c2','name':'second','arguments':'{}'}]}}\n\n");
        assertThat(told)
                .containsOnlyOnce("\"content\":\"Hello\"")
                .containsOnlyOnce("first")
                .containsOnlyOnce("second");
        assertThat(told).contains("\"arguments\":\"{}\"", "\"finish_reason\":\"tool_calls\"");
    }

    @Test
    void anErrorThatNothingCameBeforeIsToldInAStreamThatHasBegun() {
        StreamConverter converter = stream(Dialect.RESPONSES, Limits.DEFAULT);
        assertThat(accept(converter, "data: {'error':{'message':'no','code':'x'}}\n\n"))
                .isEmpty();
        String told = converter.fail(Fault.of(Fault.Cause.TIMEOUT, 504, "late")).toString();
        assertThat(told)
                .startsWith("event: response.created")
                .contains("\"message\":\"no\"")
                .doesNotContain("late");
        assertThat(converter.fail(Fault.of(Fault.Cause.TIMEOUT, 504, "late")).size())
                .isZero();
    }

    @Test
    void anAnswerOfTooMuchTextIsNotCollected() {
        StreamCollector collector = conversion(Dialect.MESSAGES, new Limits(1 << 20, 10, 10))
                .attempt(Upstream.of(Dialect.CHAT, "m"), 0)
                .collect();
        byte[] bytes = json(TEXT.repeat(9) + END);
        collector.accept(bytes, 0, bytes.length);
        assertThatThrownBy(collector::end)
                .isInstanceOf(BadAnswerException.class)
                .hasMessageContaining("too large");
    }

    @Test
    void aWholeAnswerIsToldAsAStreamWhereOneIsWanted() {
        byte[] stream = conversion(Dialect.MESSAGES, Limits.DEFAULT)
                .attempt(Upstream.of(Dialect.CHAT, "m"), 0)
                .answerAsStream(json("{'choices':[{'message':{'content':'Hi','refusal':'No','reasoning_content':'hm'},"
                        + "'finish_reason':'stop'}]}"))
                .body();
        assertThat(ClientStream.parse(Dialect.MESSAGES, new String(stream, StandardCharsets.UTF_8))
                        .items())
                .hasSize(12);
    }

    private static String told(StreamConverter converter) {
        return Objects.requireNonNull(converter.fault()).message();
    }

    private static StreamCollector collector() {
        return conversion(Dialect.MESSAGES, Limits.DEFAULT)
                .attempt(Upstream.of(Dialect.CHAT, "m"), 0)
                .collect();
    }

    private static StreamConverter stream(Dialect client, Limits limits) {
        return conversion(client, limits).attempt(Upstream.of(Dialect.CHAT, "m"), 0).stream();
    }

    private static Conversion conversion(Dialect client, Limits limits) {
        String body = switch (client) {
            case GEMINI -> "{'contents':[{'parts':[{'text':'x'}]}]}";
            case RESPONSES -> "{'input':'x','stream':true}";
            default -> "{'messages':[{'role':'user','content':'x'}],'stream':true}";
        };
        return Conversion.of(
                client, new RequestLine("m", true, false), json(body), Policy.DEFAULT, limits, Ids.random());
    }

    private static String accept(StreamConverter converter, String stream) {
        byte[] bytes = json(stream);
        return converter.accept(bytes, 0, bytes.length).toString();
    }

    private static byte[] json(String text) {
        return text.replace("\\'", "\\\"").replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }
}
