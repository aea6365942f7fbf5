package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.llmproxy.testing.Allocation;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EventStreamScannerTest {
    private static final Pattern LINE_END = Pattern.compile("\r\n|\r|\n");

    @Test
    void anEmptyStreamIsBetweenEvents() {
        EventStreamScanner scanner = new EventStreamScanner();

        assertThat(scanner.betweenEvents()).isTrue();
        assertThat(scanner.events()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "'data: a', false, 0",
        "'data: a\n', false, 0",
        "'data: a\n\n', true, 1",
        "'data: a\r\r', true, 1",
        "'data: a\r\n\r\n', true, 1",
        "'data: a\n\r\n', true, 1",
        "'data: a\r\n\n', true, 1",
        "'data: a\r\ndata: b\n\n', true, 1",
        "'data: a\n\ndata: b\n\n', true, 2",
        "'data: a\n\nd', false, 1",
        "'data: a\n\n\n\n\r\r\n', true, 1",
        "'\n\n', true, 0",
        "': ping\n', true, 0",
        "': ping\r\n', true, 0",
        "': ping', false, 0",
        "'data: a\n: ping\n', false, 0",
        "': ping\ndata: a\n', false, 0",
        "'data: a\n\n: ping\n', true, 1",
        "'data: a\n\n: ping\n: ping\n', true, 1",
        "'data: a\n\n: ping\ndata: b\n\n', true, 2",
        "': ping\n\n', true, 0",
        "': ping\ndata: a\n\n', true, 1",
        "'event: a\n: ping\n\n', true, 1",
        "' \n\n', true, 1",
    })
    void aBlankLineEndsAnEvent(String stream, boolean between, int events) {
        EventStreamScanner scanner = scan(stream);

        assertThat(scanner.betweenEvents()).isEqualTo(between);
        assertThat(scanner.events()).isEqualTo(events);
    }

    @Test
    void aLineFeedThatIsDueIsAwaited() {
        assertThat(scan("data: a\r\n\r").betweenEvents()).isFalse();
        assertThat(scan("data: a\r\n\r\n").betweenEvents()).isTrue();
        assertThat(scan("data: a\r\n\r\ndata: b\rdata: c\r\r").betweenEvents()).isTrue();
        assertThat(scan("data: a\r\n\r\ndata: b\r\r").betweenEvents()).isTrue();
        assertThat(scan("data: a\r\n\r\ndata: b\n\r").betweenEvents()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"a\":1}\n\ndata: [DONE]\n\n",
                "event: message_start\r\ndata: {}\r\n\r\nevent: ping\r\ndata: {}\r\n\r\n",
                "data: a\rdata: b\r\r: comment\r\rdata: c\r\r",
                "\uFEFFdata: \u00e4\u20ac\uD83D\uDE00\n\r\ndata\r\n\n\n: x\r\r\ndata: y\r\n\r\n",
            })
    void whereThePiecesAreCutDoesNotMatter(String stream) {
        byte[] bytes = stream.getBytes(UTF_8);
        EventStreamScanner whole = scan(stream);
        for (int cut = 0; cut <= bytes.length; cut++) {
            EventStreamScanner scanner = new EventStreamScanner();
            scanner.scan(bytes, 0, cut);
            assertThat(scanner.events()).isLessThanOrEqualTo(whole.events());
            scanner.scan(bytes, cut, bytes.length - cut);
            assertSame(scanner, whole);
        }
    }

    @Test
    void randomStreamsInRandomPiecesAreReadLikeWhole() {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = randomStream(random).getBytes(UTF_8);
            EventStreamScanner scanner = new EventStreamScanner();
            int from = 0;
            while (from < bytes.length) {
                int length = random.nextInt(bytes.length - from + 1);
                scanner.scan(bytes, from, length);
                from += length;
            }
            assertSame(scanner, scan(new String(bytes, UTF_8)));
        }
    }

    @Test
    void aCommentPutBetweenEventsCorruptsNone() {
        SplittableRandom random = new SplittableRandom(8);
        for (int round = 0; round < 20_000; round++) {
            String stream = randomStream(random);
            int cut = random.nextInt(stream.length() + 1);
            if (scan(stream.substring(0, cut)).betweenEvents()) {
                for (String comment : List.of(": heartbeat\n", ": heartbeat\n\n", ": heartbeat\n: heartbeat\n")) {
                    String withComment = stream.substring(0, cut) + comment + stream.substring(cut);
                    assertThat(events(withComment)).isEqualTo(events(stream));
                }
            }
        }
    }

    @Test
    void eventsAreCountedLikeAReaderWould() {
        SplittableRandom random = new SplittableRandom(9);
        for (int round = 0; round < 20_000; round++) {
            String stream = randomStream(random);
            assertThat(scan(stream).events())
                    .as(stream)
                    .isEqualTo(events(stream).size());
        }
    }

    @Test
    void onlyTheGivenRangeIsRead() {
        EventStreamScanner scanner = new EventStreamScanner();
        scanner.scan("xx\n\ndata: a\n\nx".getBytes(UTF_8), 4, 9);

        assertThat(scanner.betweenEvents()).isTrue();
        assertThat(scanner.events()).isOne();
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> scanner.scan(new byte[1], 1, 1));
    }

    @Test
    void anEventAllocatesNothing() {
        byte[] event = "data: {\"choices\":[{\"delta\":{\"content\":\" word\"}}]}\r\n\r\n".getBytes(UTF_8);
        EventStreamScanner scanner = new EventStreamScanner();

        assertThat(Allocation.perCall(10_000, () -> scanner.scan(event, 0, event.length)))
                .isZero();
        assertThat(scanner.events()).isGreaterThanOrEqualTo(10_000);
    }

    private static void assertSame(EventStreamScanner actual, EventStreamScanner expected) {
        assertThat(actual.betweenEvents()).isEqualTo(expected.betweenEvents());
        assertThat(actual.events()).isEqualTo(expected.events());
    }

    private static EventStreamScanner scan(String stream) {
        EventStreamScanner scanner = new EventStreamScanner();
        byte[] bytes = stream.getBytes(UTF_8);
        scanner.scan(bytes, 0, bytes.length);
        return scanner;
    }

    private static String randomStream(SplittableRandom random) {
        String[] parts = {"\n", "\r", "\r\n", "\n\n", "\r\n\r\n", "\r\r", "data: a", "x", ": c", ":"};
        StringBuilder stream = new StringBuilder();
        for (int count = random.nextInt(1, 20); count > 0; count--) {
            stream.append(parts[random.nextInt(parts.length)]);
        }
        return stream.toString();
    }

    /** The blocks of lines that a blank line has ended, without comments. */
    private static List<List<String>> events(String stream) {
        List<List<String>> events = new ArrayList<>();
        List<String> fields = new ArrayList<>();
        String[] lines = LINE_END.split(stream, -1);
        // What follows the last end of a line is not a line yet.
        for (String line : List.of(lines).subList(0, lines.length - 1)) {
            if (!line.isEmpty() && line.charAt(0) != ':') {
                fields.add(line);
            } else if (line.isEmpty() && !fields.isEmpty()) {
                events.add(fields);
                fields = new ArrayList<>();
            }
        }
        return events;
    }
}
