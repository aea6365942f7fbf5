package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmproxy.protocol.ModelField.Notation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
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
                ModelEdit edit = ModelEdit.of(segments, List.of(field), old -> name);

                assertThat(text(edit.segments())).isEqualTo(BODY.replace("\"gpt-4o\"", value));
                assertThat(edit.length()).isEqualTo(text(edit.segments()).getBytes(UTF_8).length);
                assertThat(edit.segments()).allMatch(ByteBuffer::hasRemaining);
                assertThat(text(segments)).isEqualTo(BODY);
            }
        }
    }

    @Test
    void theRestOfALongBodyIsNotCopied() {
        byte[] body = (BODY + " ".repeat(16 * 1024)).getBytes(UTF_8);

        ModelEdit edit = ModelEdit.of(List.of(ByteBuffer.wrap(body)), List.of(field(body)), old -> "m");

        assertThat(edit.segments()).hasSize(3);
        assertThat(edit.segments().get(0).array()).isSameAs(body);
        assertThat(edit.segments().get(2).array()).isSameAs(body);
    }

    @Test
    void theEditedBodyIsReadLikeTheOther() {
        byte[] body = BODY.getBytes(UTF_8);
        String name = "a\"\\\u00e4\uD83D\uDE00/";

        ModelEdit edit = ModelEdit.of(List.of(ByteBuffer.wrap(body)), List.of(field(body)), old -> name);

        RequestFacts.Read read = (RequestFacts.Read) ModelReader.of(null).read(edit.segments());
        assertThat(Objects.requireNonNull(read.model()).name()).isEqualTo(name);
    }

    @Test
    void aFieldOfAFormHasNoQuotes() {
        ModelEdit edit =
                ModelEdit.of(List.of(ByteBuffer.wrap("xxoldyy".getBytes(UTF_8))), List.of(text(2, 5)), old -> "a\"b");

        assertThat(text(edit.segments())).isEqualTo("xxa\"byy");
        assertThat(edit.length()).isEqualTo(7);
    }

    @ParameterizedTest
    @CsvSource({"'a\r\n--b'", "''", "'a\nb'"})
    void aFieldOfAFormTakesNoNameThatCouldEndIt(String name) {
        List<ByteBuffer> body = List.of(ByteBuffer.wrap("xxoldyy".getBytes(UTF_8)));

        assertThatIllegalArgumentException().isThrownBy(() -> ModelEdit.of(body, List.of(text(2, 5)), old -> name));
    }

    @ParameterizedTest
    @CsvSource({"7, 8", "5, 8", "100, 101"})
    void theFieldHasToBeWithinTheBody(long start, long end) {
        List<ByteBuffer> body = List.of(ByteBuffer.wrap("xxoldyy".getBytes(UTF_8)));

        List<ModelField> fields = List.of(text(start, end));
        assertThatIllegalArgumentException().isThrownBy(() -> ModelEdit.of(body, fields, old -> "m"));
        assertThatIllegalArgumentException().isThrownBy(() -> ModelEdit.of(List.of(), fields, old -> "m"));
    }

    @Test
    void severalFieldsChangeHoweverTheBodyIsCut() {
        String body = "{\"a\":\"models\\/m\",\"b\":[ 1.0 ],\"c\":\"m\",\"d\":\"m\"}";
        byte[] bytes = body.getBytes(UTF_8);
        List<ModelField> fields = List.of(
                new ModelField("models/m", 5, 16, Notation.JSON),
                new ModelField("m", 33, 36, Notation.JSON),
                new ModelField("m", 41, 44, Notation.JSON));
        for (int first = 0; first <= bytes.length; first++) {
            for (int second = first; second <= bytes.length; second++) {
                List<ByteBuffer> segments = List.of(
                        ByteBuffer.wrap(bytes, 0, first),
                        ByteBuffer.wrap(bytes, first, second - first).slice(),
                        ByteBuffer.wrap(bytes, second, bytes.length - second));
                ModelEdit edit = ModelEdit.of(segments, fields, old -> "<" + old + ">");

                assertThat(text(edit.segments()))
                        .isEqualTo("{\"a\":\"<models/m>\",\"b\":[ 1.0 ],\"c\":\"<m>\",\"d\":\"<m>\"}");
                assertThat(edit.length()).isEqualTo(text(edit.segments()).length());
                assertThat(text(segments)).isEqualTo(body);
            }
        }
    }

    @Test
    void aShortBodyIsOnePiece() {
        byte[] body = BODY.getBytes(UTF_8);

        ModelEdit edit = ModelEdit.of(List.of(ByteBuffer.wrap(body)), List.of(field(body)), old -> "m");

        assertThat(edit.segments()).hasSize(1);
        assertThat(text(edit.segments())).isEqualTo(BODY.replace("\"gpt-4o\"", "\"m\""));
    }

    @Test
    void manyFieldsMakeOnePiece() {
        byte[] body = "mm".repeat(1000).getBytes(UTF_8);
        List<ModelField> fields = LongStream.range(0, 1000)
                .mapToObj(at -> new ModelField("m", 2 * at, 2 * at + 1, Notation.TEXT))
                .toList();

        ModelEdit edit = ModelEdit.of(List.of(ByteBuffer.wrap(body)), fields, old -> "xyz");

        assertThat(edit.segments()).hasSize(1);
        assertThat(text(edit.segments())).isEqualTo("xyzm".repeat(1000));
    }

    @Test
    void theFieldsHaveToBeInTheOrderOfTheBody() {
        List<ByteBuffer> body = List.of(ByteBuffer.wrap("xxoldyy".getBytes(UTF_8)));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> ModelEdit.of(body, List.of(text(2, 5), text(4, 6)), old -> "m"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ModelEdit.of(body, List.of(text(2, 5), text(0, 1)), old -> "m"));
    }

    @Test
    void aBodyWithoutAFieldStaysAsItIs() {
        byte[] body = BODY.getBytes(UTF_8);

        ModelEdit edit = ModelEdit.of(List.of(ByteBuffer.wrap(body)), List.of(), old -> "m");

        assertThat(edit.segments()).containsExactly(ByteBuffer.wrap(body));
        assertThat(edit.length()).isEqualTo(body.length);
    }

    private static ModelField text(long start, long end) {
        return new ModelField("old", start, end, Notation.TEXT);
    }

    private static ModelField field(byte[] body) {
        RequestFacts.Read read = (RequestFacts.Read) ModelReader.of(null).read(List.of(ByteBuffer.wrap(body)));
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
