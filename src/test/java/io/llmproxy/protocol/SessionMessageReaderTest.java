package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.protocol.SessionMessageReader.Message;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SessionMessageReaderTest {
    private static final Supplier<SessionMessageReader> RESPONSES = SessionMessageReader::ofResponses;
    private static final Supplier<SessionMessageReader> LIVE = SessionMessageReader::ofLive;

    @Test
    void aMessageToResponsesNamesItsModelAndSaysWhatItIs() {
        Message message = read(RESPONSES, """
                {"type":"response.create","input":[{"type":"message","model":"none"}],"model":"gpt-5.1"}""");
        assertThat(message.type()).isEqualTo("response.create");
        assertThat(Objects.requireNonNull(message.named().model()).name()).isEqualTo("gpt-5.1");
        assertThat(names(message)).containsExactly("gpt-5.1");

        Message other = read(RESPONSES, """
                {"type":"response.steer","previous_response_id":"resp_1"}""");
        assertThat(other.type()).isEqualTo("response.steer");
        assertThat(names(other)).isEmpty();
    }

    @Test
    void whatIsWithinAMessageToResponsesCountsAsWell() {
        Message message = read(RESPONSES, """
                {"model":"a","response":{"model":"b"},"session":{"model":"c"},"setup":{"model":"d"}}""");
        assertThat(message.type()).isNull();
        assertThat(names(message)).containsExactly("a", "b", "c");
    }

    @Test
    void aSetUpOfLiveNamesItsModel() {
        Message message = read(LIVE, """
                {"setup":{"generationConfig":{"model":"none"},"model":"models/gemini-live"}}""");
        assertThat(message.named().model()).isNull();
        assertThat(message.named().inner()).extracting(ModelField::name).containsExactly("models/gemini-live");
        assertThat(names(read(LIVE, "{\"setup\":{\"model\":\"a\"},\"setup\":{\"model\":\"b\"}}")))
                .containsExactly("a", "b");
        assertThat(names(read(LIVE, "{\"clientContent\":{\"turns\":[]}}"))).isEmpty();
    }

    @Test
    void piecesMayBeCutAnywhereAndLieAnywhere() {
        byte[] bytes = "{\"type\":\"response.create\",\"model\":\"gr\u00fc\u00df\"}".getBytes(UTF_8);
        for (int cut = 0; cut <= bytes.length; cut++) {
            SessionMessageReader reader = SessionMessageReader.ofResponses();
            ByteBuffer first = ByteBuffer.wrap(bytes, 0, cut);
            ByteBuffer second = ByteBuffer.allocateDirect(bytes.length - cut);
            second.put(bytes, cut, bytes.length - cut).flip();
            reader.accept(first);
            reader.accept(second);
            assertThat(first.remaining()).isEqualTo(cut);
            assertThat(second.remaining()).isEqualTo(bytes.length - cut);
            Message message = Objects.requireNonNull(reader.finish());
            assertThat(message.type()).isEqualTo("response.create");
            assertThat(names(message)).containsExactly("gr\u00fc\u00df");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no JSON",
                "[]",
                "{\"model\":\"a\"",
                "{\"model\":\"a\",\"model\":\"a\"}",
                "{\"model\":\"a\",\"m\\u006fdel\":\"b\"}",
                "{\"Model\":\"a\"}",
                "{\"model\":7}",
                "{\"session\":{\"model\":\"a\",\"model\":\"b\"}}",
                "{\"type\":\"response.create\",\"type\":\"response.steer\"}",
                "{\"type\":1,\"model\":\"a\"}",
                "{\"model\":\"a\"} {\"model\":\"b\"}"
            })
    void whatCouldBeReadInTwoWaysIsNotRead(String text) {
        assertThat(finish(RESPONSES, text)).isNull();
    }

    private static List<String> names(Message message) {
        return message.named().models().stream().map(ModelField::name).toList();
    }

    private static Message read(Supplier<SessionMessageReader> kind, String text) {
        return Objects.requireNonNull(finish(kind, text));
    }

    private static @Nullable Message finish(Supplier<SessionMessageReader> kind, String text) {
        SessionMessageReader reader = kind.get();
        reader.accept(ByteBuffer.wrap(text.getBytes(UTF_8)));
        return reader.finish();
    }
}
