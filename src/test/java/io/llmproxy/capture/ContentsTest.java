package io.llmproxy.capture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.Secret;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What was asked and answered, as it is told elsewhere. */
final class ContentsTest {
    private static final int MOST = 2048;
    private static final Map<String, String> JSON = Map.of("content-type", "application/json");
    private static final Map<String, String> EVENTS = Map.of("content-type", "text/event-stream");

    private Contents contents = new Contents(List.of(), Set.of(), MOST);

    private Said said(String request, Map<String, String> headers, byte[] answer) {
        Recorded recorded = contents.begin();
        recorded.request("POST", "/v1/x", JSON::get);
        recorded.request(ByteBuffer.wrap(request.getBytes(UTF_8)));
        recorded.answer(200, headers::get);
        recorded.answer(ByteBuffer.wrap(answer));
        Said said = contents.read(recorded);
        assertThat(contents.kept()).isZero();
        return said;
    }

    private @Nullable String answer(Map<String, String> headers, String answer) {
        return said("{}", headers, answer.getBytes(UTF_8)).answer();
    }

    private static String stream(String... events) {
        StringBuilder stream = new StringBuilder();
        for (String event : events) {
            stream.append("event: x\ndata: ").append(event).append("\n\n");
        }
        return stream.toString();
    }

    @Test
    void aPromptIsWhatTheModelIsToldAndParametersHowItIsToAnswer() {
        Said said = said("""
                        {"model": "m", "stream": true, "n": 2, "top_p": 0.5, "user": "u", "metadata": {"a": 1}, "stop": ["x"],
                        "messages": [{"role": "user", "content": "q"}], "tools": [], "system": "s"}""", JSON, new byte[0]);

        assertThat(said.prompt())
                .isEqualTo("{\"system\":\"s\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"tools\":[]}");
        assertThat(said.parameters()).isEqualTo("{\"n\":2,\"top_p\":0.5}");
        assertThat(said.answer()).isNull();
        assertThat(said.length()).isEqualTo(String.valueOf(said.prompt()).length() + 19);
    }

    @Test
    void geminisSettingsAreFoundWhereTheyStand() {
        Said said = said(
                "{\"contents\": [{\"parts\": []}], \"generationConfig\": {\"topK\": 3, \"stopSequences\": []}}",
                JSON,
                new byte[0]);

        assertThat(said.prompt()).isEqualTo("{\"contents\":[{\"parts\":[]}]}");
        assertThat(said.parameters()).isEqualTo("{\"topK\":3}");
    }

    @Test
    void aRequestOfAnotherKindIsShownAsItIs() {
        assertThat(said("{\"name\": 1}", JSON, new byte[0]).prompt()).isEqualTo("{\"name\":1}");
        assertThat(said("[1, 2]", JSON, new byte[0]).prompt()).isEqualTo("[1,2]");
        assertThat(said("plain", JSON, new byte[0]).prompt()).isEqualTo("plain");
        assertThat(said("", JSON, new byte[0]).prompt()).isNull();
        assertThat(said("[1, 2]", JSON, new byte[0]).parameters()).isNull();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "-", textBlock = """
                    {"choices": [{"message": {"content": "a"}}]}                            | {"content":"a"}
                    {"choices": [{"message": {"content": "a"}}, {"message": {"b": 1}}, 7]}  | [{"content":"a"},{"b":1}]
                    {"choices": [{"text": "a"}]}                                            | "a"
                    {"role": "assistant", "content": [{"text": "a"}], "id": "m"}            | {"role":"assistant","content":[{"text":"a"}]}
                    {"candidates": [{"content": {"parts": []}, "index": 0}]}                | {"parts":[]}
                    {"object": "response", "output": [{"type": "message"}]}                 | [{"type":"message"}]
                    {"error": {"message": "no"}}                                            | {"error":{"message":"no"}}
                    {"data": [{"embedding": [0.5, 0.25]}]}                                  | -
                    {"embeddings": [[0.5]]}                                                 | -
                    [{"candidates": []}]                                                    | [{"candidates":[]}]
                    """)
    void aWholeAnswerIsWhatTheModelSays(String body, @Nullable String shown) {
        assertThat(answer(JSON, body)).isEqualTo(shown);
    }

    @Test
    void aStreamOfAChatIsPutTogether() {
        assertThat(answer(
                        EVENTS,
                        stream(
                                "{\"choices\": [{\"index\": 0, \"delta\": {\"role\": \"assistant\", \"content\": null, \"reasoning\": \"hm\"}}]}",
                                "{\"choices\": [{\"index\": 0, \"delta\": {\"content\": \"He\"}}]}",
                                "{\"choices\": [{\"index\": 0, \"delta\": {\"content\": \"llo\", \"refusal\": \"!\"}}, 4]}",
                                "{\"choices\": [{\"index\": 0, \"delta\": {\"tool_calls\": [{\"index\": 0, \"function\": {\"name\": \"f\", \"arguments\": \"{\"}}]}}]}",
                                "{\"choices\": [{\"index\": 0, \"delta\": {\"tool_calls\": [{\"index\": 0, \"function\": {\"name\": \"\", \"arguments\": \"}\"}}, 1]}}]}",
                                "{\"choices\": [], \"usage\": {}}",
                                "[DONE]")))
                .isEqualTo("{\"role\":\"assistant\",\"content\":\"Hello!\",\"reasoning_content\":\"hm\","
                        + "\"tool_calls\":[{\"name\":\"f\",\"arguments\":\"{}\"}]}");
    }

    @Test
    void severalAnswersOfOneStreamAreKeptApart() {
        assertThat(answer(
                        EVENTS,
                        stream(
                                "{\"choices\": [{\"index\": 1, \"text\": \"b\"}]}",
                                "{\"choices\": [{\"index\": 0, \"text\": \"a\"}]}")))
                .isEqualTo("[{\"role\":\"assistant\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}]");
    }

    @Test
    void aStreamOfMessagesIsPutTogether() {
        assertThat(answer(
                        EVENTS,
                        stream(
                                "{\"type\": \"message_start\", \"message\": {\"content\": []}}",
                                "{\"type\": \"content_block_start\", \"index\": 0, \"content_block\": {\"type\": \"text\", \"text\": \"\"}}",
                                "{\"type\": \"content_block_delta\", \"index\": 0, \"delta\": {\"thinking\": \"hm\"}}",
                                "{\"type\": \"content_block_delta\", \"index\": 0, \"delta\": {\"text\": \"Hi\"}}",
                                "{\"type\": \"content_block_start\", \"index\": 1, \"content_block\": {\"type\": \"tool_use\", \"name\": \"f\"}}",
                                "{\"type\": \"content_block_delta\", \"index\": 1, \"delta\": {\"partial_json\": \"{}\"}}",
                                "{\"type\": \"message_stop\"}")))
                .isEqualTo("{\"role\":\"assistant\",\"content\":\"Hi\",\"reasoning_content\":\"hm\","
                        + "\"tool_calls\":[{\"name\":\"f\",\"arguments\":\"{}\"}]}");
    }

    @Test
    void aStreamOfResponsesIsPutTogether() {
        assertThat(
                        answer(
                                EVENTS,
                                stream(
                                        "{\"type\": \"response.created\"}",
                                        "{\"type\": \"response.output_item.added\", \"output_index\": 0, \"item\": {\"type\": \"message\"}}",
                                        "{\"type\": \"response.output_text.delta\", \"output_index\": 0, \"delta\": \"Hi\"}",
                                        "{\"type\": \"response.reasoning_summary_text.delta\", \"delta\": \"hm\"}",
                                        "{\"type\": \"response.output_item.added\", \"output_index\": 1, \"item\": {\"name\": \"f\"}}",
                                        "{\"type\": \"response.function_call_arguments.delta\", \"output_index\": 1, \"delta\": \"{}\"}")))
                .isEqualTo("{\"role\":\"assistant\",\"content\":\"Hi\",\"reasoning_content\":\"hm\","
                        + "\"tool_calls\":[{\"name\":\"f\",\"arguments\":\"{}\"}]}");
    }

    @Test
    void aStreamOfGeminiIsPutTogether() {
        assertThat(answer(
                        EVENTS,
                        stream(
                                "{\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"hm\", \"thought\": true}, {\"text\": \"H\"}, 1]}}, 2]}",
                                "{\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"i\"}, {\"functionCall\": {\"name\": \"f\", \"args\": {\"a\": 1}}}]}}]}",
                                "{\"candidates\": [{\"finishReason\": \"STOP\"}]}")))
                .isEqualTo("{\"role\":\"assistant\",\"content\":\"Hi\",\"reasoning_content\":\"hm\","
                        + "\"tool_calls\":[{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}]}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void anEventIsReadWhateverEndsItsLines(String lineEnd) {
        String stream = """
                data: {"choices": [{"index": 0,
                data:   "text": "a"}]}

                : {"choices": [{"index": 0, "text": "x"}]}
                data:{"choices": [{"index": 0, "text": "b"}]}
                id: 7

                data: {"choices": [{"index": 0, "text": "c"}]}""";

        assertThat(answer(EVENTS, stream.replace("\n", lineEnd)))
                .isEqualTo("{\"role\":\"assistant\",\"content\":\"abc\"}");
    }

    @Test
    void aStreamThatBreaksOffIsToldAsFarAsItCame() {
        String begin = stream("{\"choices\": [{\"delta\": {\"content\": \"He\"}}]}");

        assertThat(answer(EVENTS, begin + "data: {\"choices\": [{\"delta\": {\"cont"))
                .isEqualTo("{\"role\":\"assistant\",\"content\":\"He\"}");
        assertThat(answer(EVENTS, "data: {\"ch")).isNull();
    }

    @Test
    void whatIsCompressedIsReadAndWhatIsNoTextIsLeftOut() {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write("{\"choices\": [{\"text\": \"a\"}]}".getBytes(UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }

        assertThat(said("{}", Map.of("content-encoding", "gzip"), packed.toByteArray())
                        .answer())
                .isEqualTo("\"a\"");
        assertThat(said("{}", Map.of("content-encoding", "unheard-of"), packed.toByteArray())
                        .answer())
                .isNull();
        assertThat(said("{}", Map.of("content-type", "audio/mpeg"), new byte[] {-1, -2, -3})
                        .answer())
                .isNull();
        assertThat(answer(Map.of("content-type", "text/plain"), "words")).isEqualTo("words");
    }

    @Test
    void secretsAndMembersThatAreNotToBeShownAreReplacedAlsoWhereEventsCutThem() {
        contents = new Contents(List.of("user"), Set.of(new Secret("sk-canary-1"), new Secret("quoted\"canary")), MOST);

        assertThat(said(
                                "{\"messages\": [{\"user\": \"alice\", \"content\": \"sk-canary-1 quoted\\\"canary\"}]}",
                                JSON,
                                new byte[0])
                        .prompt())
                .isEqualTo("{\"messages\":[{\"user\":\"***\",\"content\":\"*** ***\"}]}");
        assertThat(said("{\"user\": \"al", JSON, new byte[0]).prompt()).isNull();
        assertThat(said(" [{\"user\": \"al", Map.of(), " {\"user\": \"al".getBytes(UTF_8)))
                .isEqualTo(Said.NOTHING);
        assertThat(answer(Map.of("content-type", "text/plain"), "say quoted\"canary"))
                .isNull();
        assertThat(answer(
                        EVENTS,
                        stream(
                                "{\"choices\": [{\"delta\": {\"content\": \"sk-ca\", \"user\": \"alice\"}}]}",
                                "{\"choices\": [{\"delta\": {\"content\": \"nary-1\"}}]}")))
                .isEqualTo("{\"role\":\"assistant\",\"content\":\"***\"}");
    }

    @Test
    void secretsMayBeReplacedAndThoseOfWhatWaitsAreStillHidden() {
        Map<String, String> text = Map.of("content-type", "text/plain");
        contents = new Contents(List.of(), Set.of(new Secret("sk-canary-1")), MOST);

        contents.hide(Set.of(new Secret("sk-canary-2")));
        contents.hide(Set.of(new Secret("sk-canary-2")));

        assertThat(answer(text, "say sk-canary-1 sk-canary-2")).isEqualTo("say *** ***");
    }

    @Test
    void whatIsTooLongIsCutOff() {
        String prompt = said("{\"prompt\": \"" + "x ".repeat(5000) + "\"}", JSON, new byte[0])
                .prompt();

        assertThat(prompt).hasSize(MOST).startsWith("{\"prompt\":\"x x ");
    }

    @Test
    void whatComesAfterTheEndIsNotKeptAndMemoryIsGivenBack() {
        Recorded recorded = contents.begin();
        recorded.request(ByteBuffer.wrap(new byte[100]));
        assertThat(contents.kept()).isEqualTo(100);

        recorded.discard();
        recorded.answer(ByteBuffer.wrap(new byte[100]));

        assertThat(contents.kept()).isZero();
        assertThat(contents.read(recorded)).isEqualTo(Said.NOTHING);
    }

    @Test
    void noMoreIsKeptThanThereIsMemory() {
        byte[] large = new byte[1 << 20];
        for (int i = 0; i < 40; i++) {
            contents.begin().request(ByteBuffer.wrap(large));
        }
        assertThat(contents.kept()).isEqualTo(32L << 20);
    }
}
