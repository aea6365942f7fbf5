package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NameFilterTest {
    private static final List<String> NAMES = List.of("file_id", "conversation", "previous_response_id");
    private static final NameFilter FILTER = new NameFilter(Set.copyOf(NAMES));

    private static boolean mayFind(String text) {
        return FILTER.mayFind(List.of(ByteBuffer.wrap(text.replace('\'', '"').getBytes(UTF_8))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'file_id':'f'}",
                "{'a':'x \\'file_id\\' y','conversation':{}}",
                "{'a':[{'previous_response_id' : null}]}",
                "{'text':'a','\\u0066ile_id':'f'}",
                "{'file\\u005fid':'f'}",
                "{'a':'\\\\','file_id':'f'}",
                "{'a':'file_id'}"
            })
    void aNameIsFound(String text) {
        assertThat(mayFind(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{'fileid':'f','file_ids':'f','File_id':'f'}",
                "{'a':'the file_id of a conversation'}",
                "{'a':'\\'file_id\\' said he'}",
                "{'a':'one\\ntwo','b':'\\\\','c':'a \\\\ and more'}"
            })
    void noNameIsFound(String text) {
        assertThat(mayFind(text)).isFalse();
    }

    @Test
    void whatOnlyReadsOnIsLookedIntoFromItsPosition() {
        ByteBuffer buffer = ByteBuffer.wrap("\"file_id\":\"file_id\" ".getBytes(UTF_8));
        assertThat(FILTER.mayFind(List.of(buffer.position(10).slice()))).isTrue();
        assertThat(FILTER.mayFind(List.of(buffer.position(12)))).isFalse();
        assertThat(FILTER.mayFind(List.of(ByteBuffer.allocateDirect(1))))
                .as("it is not looked into")
                .isTrue();
    }

    /** Wherever a body is cut, and whatever stands around a name. */
    @Test
    void noNameIsMissed() {
        Random random = new Random(7);
        String around = "\"\\ ,:{}[]abu_id";
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(60);
            int place = random.nextInt(length + 1);
            for (int i = 0; i <= length; i++) {
                if (i == place) {
                    text.append('"').append(NAMES.get(round % NAMES.size())).append('"');
                }
                text.append(around.charAt(random.nextInt(around.length())));
            }
            byte[] bytes = text.toString().getBytes(UTF_8);
            int one = random.nextInt(bytes.length + 1);
            int two = one + random.nextInt(bytes.length + 1 - one);
            assertThat(FILTER.mayFind(List.of(
                            ByteBuffer.wrap(bytes, 0, one),
                            ByteBuffer.wrap(bytes, one, two - one),
                            ByteBuffer.wrap(bytes, two, bytes.length - two))))
                    .as("%s cut at %d and %d", text, one, two)
                    .isTrue();
        }
    }

    @Test
    void aLongTextThatIsCutHasNoName() {
        byte[] bytes = ("{\"a\":\"" + "some words ".repeat(40) + "\"}").getBytes(UTF_8);
        int middle = bytes.length / 2;
        assertThat(FILTER.mayFind(List.of(
                        ByteBuffer.wrap(bytes, 0, middle), ByteBuffer.wrap(bytes, middle, bytes.length - middle))))
                .isFalse();
    }
}
