package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmproxy.protocol.ModelField.Notation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ModelEditTest {
    private static final String BODY = "{\"a\":\"\u00e4\",\"model\":\"gpt-4o\",\"b\":[ 1.0 ]}";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "m | \"m\"",
                "gpt-4o-2024-08-06 | \"gpt-4o-2024-08-06\"",
                "a\"b\\c | \"a\\\"b\\\\c\"",
                "\u20ac | \"\u20ac\"",
            })
    void onlyTheValueChangesHoweverTheBodyIsCut(String name, String value) {
        byte[] body = BODY.getBytes(UTF_8);
        ModelField field = field(body);
        for (int first = 0; first <= body.length; first++) {
            for (int second = first; second <= body.length; second++) {
                List<ByteBuffer> segments = List.of(
                        ByteBuffer.wrap(body, 0, first),
                        ByteBuffer.wrap(body, first, second - first).slice(),
                        ByteBuffer.wrap(body, second, body.length - second));
                ModelEdit edit = ModelEdit.of(segments, field, name);

                assertThat(text(edit.segments())).isEqualTo(BODY.replace("\"gpt-4o\"", value));
                assertThat(edit.length()).isEqualTo(text(edit.segments()).getBytes(UTF_8).length);
                assertThat(edit.segments()).allMatch(ByteBuffer::hasRemaining);
                assertThat(text(segments)).isEqualTo(BODY);
            }
        }
    }

    @Test
    void theRestIsNotCopied() {
        byte[] body = BODY.getBytes(UTF_8);

        ModelEdit edit = ModelEdit.of(List.of(ByteBuffer.wrap(body)), field(body), "m");

        assertThat(edit.segments()).hasSize(3);
        assertThat(edit.segments().get(0).array()).isSameAs(body);
        assertThat(edit.segments().get(2).array()).isSameAs(body);
    }

    @Test
    void theEditedBodyIsReadLikeTheOther() {
        byte[] body = BODY.getBytes(UTF_8);
        String name = "a\"\\\u00e4\uD83D\uDE00/";

        ModelEdit edit = ModelEdit.of(List.of(ByteBuffer.wrap(body)), field(body), name);

        RequestFacts.Read read = (RequestFacts.Read) ModelReader.read(null, edit.segments());
        assertThat(Objects.requireNonNull(read.model()).name()).isEqualTo(name);
    }

    @Test
    void aFieldOfAFormHasNoQuotes() {
        ModelEdit edit = ModelEdit.of(List.of(ByteBuffer.wrap("xxoldyy".getBytes(UTF_8))), text(2, 5), "a\"b");

        assertThat(text(edit.segments())).isEqualTo("xxa\"byy");
        assertThat(edit.length()).isEqualTo(7);
    }

    @ParameterizedTest
    @CsvSource({"'a\r\n--b'", "''", "'a\nb'"})
    void aFieldOfAFormTakesNoNameThatCouldEndIt(String name) {
        List<ByteBuffer> body = List.of(ByteBuffer.wrap("xxoldyy".getBytes(UTF_8)));

        assertThatIllegalArgumentException().isThrownBy(() -> ModelEdit.of(body, text(2, 5), name));
    }

    @ParameterizedTest
    @CsvSource({"7, 8", "5, 8", "100, 101"})
    void theFieldHasToBeWithinTheBody(long start, long end) {
        List<ByteBuffer> body = List.of(ByteBuffer.wrap("xxoldyy".getBytes(UTF_8)));

        assertThatIllegalArgumentException().isThrownBy(() -> ModelEdit.of(body, text(start, end), "m"));
        assertThatIllegalArgumentException().isThrownBy(() -> ModelEdit.of(List.of(), text(start, end), "m"));
    }

    private static ModelField text(long start, long end) {
        return new ModelField("old", start, end, Notation.TEXT);
    }

    private static ModelField field(byte[] body) {
        RequestFacts.Read read = (RequestFacts.Read) ModelReader.read(null, List.of(ByteBuffer.wrap(body)));
        return Objects.requireNonNull(read.model());
    }

    private static String text(List<ByteBuffer> segments) {
        List<Byte> all = new ArrayList<>();
        for (ByteBuffer segment : segments) {
            for (int at = segment.position(); at < segment.limit(); at++) {
                all.add(segment.get(at));
            }
        }
        byte[] bytes = new byte[all.size()];
        for (int at = 0; at < bytes.length; at++) {
            bytes[at] = all.get(at);
        }
        return new String(bytes, UTF_8);
    }
}
