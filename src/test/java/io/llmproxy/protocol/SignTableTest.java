package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignTableTest {
    private static final int TEXTS = 2_000;

    private static String text(Random random, int length) {
        return IntStream.range(0, length)
                .mapToObj(index -> "ab\n".substring(random.nextInt(3)).substring(0, 1))
                .collect(Collectors.joining());
    }

    private static List<String> signs(Random random) {
        return IntStream.range(0, random.nextInt(4))
                .mapToObj(sign -> text(random, 1 + random.nextInt(5)))
                .toList();
    }

    private static boolean endsWithAny(String text, List<String> signs) {
        return signs.stream().anyMatch(text::endsWith);
    }

    /** Of few letters, signs are parts of one another, begin where others end, and repeat themselves. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void findsWhatAComparisonAtEachPlaceFinds(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < TEXTS; round++) {
            List<String> completions = signs(random);
            List<String> failures = signs(random);
            SignTable table = SignTable.of(completions, failures);
            String text = text(random, 30);
            int state = SignTable.START;
            for (int index = 0; index < text.length(); index++) {
                state = table.next(state, (byte) text.charAt(index));
                String seen = text.substring(0, index + 1);
                boolean failed = endsWithAny(seen, failures);
                assertThat(table.isFailure(state))
                        .as("%s in %s", failures, seen)
                        .isEqualTo(failed);
                assertThat(table.isLast(state))
                        .as("%s or %s in %s", completions, failures, seen)
                        .isEqualTo(failed || endsWithAny(seen, completions));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void stopsWithTheFirstSignWhereverThePiecesAreCut(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < TEXTS; round++) {
            SignTable table = SignTable.of(signs(random), signs(random));
            byte[] text = text(random, 30).getBytes(StandardCharsets.US_ASCII);
            int expected = SignTable.START;
            for (int index = 0; index < text.length && !table.isLast(expected); index++) {
                expected = table.next(expected, text[index]);
            }

            int state = SignTable.START;
            for (int start = 0, end; start < text.length; start = end) {
                end = Math.min(text.length, start + random.nextInt(8));
                state = table.scan(state, text, start, end);
            }

            assertThat(state).as(new String(text, StandardCharsets.US_ASCII)).isEqualTo(expected);
        }
    }

    private static boolean finds(String sign, String text) {
        SignTable table = SignTable.of(List.of(sign), List.of());
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return table.isLast(table.scan(SignTable.START, bytes, 0, bytes.length));
    }

    @Test
    void passesOverSpaces() {
        assertThat(finds("\"a\":\"", "{\"a\" : \"b\"}")).isTrue();
    }

    @Test
    void anEndOfLineIsOneHoweverItIsWritten() {
        assertThat(finds("\ndata:", "x\rdata:")).isTrue();
        assertThat(finds("\ndata:", "x\r\ndata:")).isTrue();
    }

    @Test
    void whatIsNotAsciiIsPartOfNoSign() {
        assertThat(finds("ab", "a\u00E9b")).isFalse();
        assertThat(finds("ab", "\u00E9ab")).isTrue();
    }

    @Test
    void knowsWhetherThereIsAnythingToLookFor() {
        assertThat(SignTable.of(List.of(), List.of()).isEmpty()).isTrue();
        assertThat(SignTable.of(List.of(), List.of("a")).isEmpty()).isFalse();
    }

    @Test
    void hasRoomForSoManySigns() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SignTable.of(List.of("a".repeat(100)), List.of("b".repeat(100))))
                .withMessage("the signs have too many characters: 201");
    }
}
