package io.llmproxy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.llmproxy.protocol.EventStreamReader.Field;
import io.llmproxy.protocol.EventStreamReader.Part;
import io.llmproxy.testing.Allocation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EventStreamReaderTest {
    private static final String MARK = "\u00EF\u00BB\u00BF";
    private static final Pattern LINE_END = Pattern.compile("\r\n|\r|\n");

    @Test
    void anEmptyStreamIsBetweenEvents() {
        EventStreamReader reader = new EventStreamReader();

        assertThat(reader.isBetweenEvents()).isTrue();
        assertThat(reader.events()).isZero();
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
        EventStreamReader reader = scan(stream);

        assertThat(reader.isBetweenEvents()).isEqualTo(between);
        assertThat(reader.events()).isEqualTo(events);
    }

    @Test
    void aLineFeedThatIsDueIsAwaited() {
        assertThat(scan("data: a\r\n\r").isBetweenEvents()).isFalse();
        assertThat(scan("data: a\r\n\r\n").isBetweenEvents()).isTrue();
        assertThat(scan("data: a\r\n\r\ndata: b\rdata: c\r\r").isBetweenEvents())
                .isTrue();
        assertThat(scan("data: a\r\n\r\ndata: b\r\r").isBetweenEvents()).isTrue();
        assertThat(scan("data: a\r\n\r\ndata: b\n\r").isBetweenEvents()).isTrue();
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
        EventStreamReader whole = scan(stream);
        for (int cut = 0; cut <= bytes.length; cut++) {
            EventStreamReader reader = new EventStreamReader();
            read(reader, bytes, 0, cut);
            assertThat(reader.events()).isLessThanOrEqualTo(whole.events());
            read(reader, bytes, cut, bytes.length - cut);
            assertSame(reader, whole);
        }
    }

    @Test
    void randomStreamsInRandomPiecesAreReadLikeWhole() {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = randomStream(random).getBytes(UTF_8);
            EventStreamReader reader = new EventStreamReader();
            int from = 0;
            while (from < bytes.length) {
                int length = random.nextInt(bytes.length - from + 1);
                read(reader, bytes, from, length);
                from += length;
            }
            assertSame(reader, scan(new String(bytes, UTF_8)));
        }
    }

    @Test
    void aCommentPutBetweenEventsCorruptsNone() {
        SplittableRandom random = new SplittableRandom(8);
        for (int round = 0; round < 20_000; round++) {
            String stream = randomStream(random);
            int cut = random.nextInt(stream.length() + 1);
            if (scan(stream.substring(0, cut)).isBetweenEvents()) {
                for (String comment : List.of(": heartbeat\n", ": heartbeat\n\n", ": heartbeat\n: heartbeat\n")) {
                    String withComment = stream.substring(0, cut) + comment + stream.substring(cut);
                    assertThat(events(withComment)).isEqualTo(events(stream));
                }
            }
        }
    }

    /** What the parts of a stream come to, in the words of {@link #lines}. */
    private static List<String> told(byte[] stream, int cut, int cutAgain) {
        List<String> told = new ArrayList<>();
        StringBuilder value = new StringBuilder();
        EventStreamReader reader = new EventStreamReader();
        int from = 0;
        for (int to : new int[] {cut, cutAgain, stream.length}) {
            reader.input(stream, from, to);
            for (Part part = reader.next(); part != Part.MORE; part = reader.next()) {
                switch (part) {
                    case VALUE -> {
                        assertThat(reader.start()).isBetween(from, to).isLessThan(reader.end());
                        assertThat(reader.end()).isLessThanOrEqualTo(to);
                        value.append(new String(
                                stream, reader.start(), reader.end() - reader.start(), StandardCharsets.ISO_8859_1));
                    }
                    case LINE_END -> {
                        told.add(reader.field() + "=" + (reader.field() == Field.OTHER ? "" : value));
                        value.setLength(0);
                    }
                    default -> told.add(part.toString());
                }
            }
            from = to;
        }
        return told;
    }

    /** What a reader that has all of the stream makes of it. */
    private static List<String> lines(String stream) {
        List<String> told = new ArrayList<>();
        boolean hasField = false;
        String[] lines = LINE_END.split(stream.startsWith(MARK) ? stream.substring(MARK.length()) : stream, -1);
        for (String line : List.of(lines).subList(0, lines.length - 1)) {
            int colon = line.indexOf(':');
            String name = colon < 0 ? line : line.substring(0, colon);
            String rest = colon < 0 ? "" : line.substring(colon + 1);
            String value = rest.startsWith(" ") ? rest.substring(1) : rest;
            if (line.isEmpty()) {
                told.add(hasField ? "EVENT_END" : "BLANK");
                hasField = false;
            } else if (colon == 0) {
                told.add("COMMENT=" + value);
            } else {
                boolean known = List.of("data", "event", "id", "retry").contains(name);
                told.add(known ? name.toUpperCase(Locale.ROOT) + "=" + value : "OTHER=");
                hasField = true;
            }
        }
        return told;
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r", "\r\n"})
    void valuesAreToldWhereverThePiecesAreCut(String end) {
        String stream =
                "|: c|data:a|data: b |data:  c|data|data:|data: |datum: x|dat|:|::|event:e|id: 1|id|retry: 3||event|odd|"
                        + "retry5:6||{\"a\": 1}|eventually: x||| data: x||data: last||";
        for (String mark : List.of("", MARK)) {
            String text = mark + stream.replace("|", end);
            byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
            for (int cut = 0; cut <= bytes.length; cut++) {
                for (int again = cut; again <= bytes.length; again++) {
                    assertThat(told(bytes, cut, again))
                            .as("cut at %s and %s", cut, again)
                            .isEqualTo(lines(text));
                }
            }
        }
    }

    @Test
    void valuesOfRandomStreamsAreToldLikeThoseOfWhole() {
        SplittableRandom random = new SplittableRandom(11);
        String[] parts = {
            "\n",
            "\r",
            "\r\n",
            "\n\n",
            "\r\n\r\n",
            "\r\r",
            "data: a",
            "data:",
            "dat",
            "a",
            "x",
            ": c",
            ":",
            " ",
            "event",
            "id:",
            "retry",
            "data: long enough for several words of eight bytes each",
            "\u00EF",
            MARK
        };
        for (int round = 0; round < 50_000; round++) {
            StringBuilder stream = new StringBuilder(random.nextInt(4) == 0 ? MARK : "");
            for (int count = random.nextInt(1, 20); count > 0; count--) {
                stream.append(parts[random.nextInt(parts.length)]);
            }
            byte[] bytes = stream.toString().getBytes(StandardCharsets.ISO_8859_1);
            int cut = random.nextInt(bytes.length + 1);
            int again = random.nextInt(cut, bytes.length + 1);
            assertThat(told(bytes, cut, again))
                    .as("%s cut at %s and %s", stream, cut, again)
                    .isEqualTo(lines(stream.toString()));
        }
    }

    @Test
    void aLineThatIsNoneIsToldFromItsBeginning() {
        for (String line : List.of("{\"a\":1}", " data: x", "datum: x", "event_: x")) {
            EventStreamReader reader = new EventStreamReader();
            byte[] bytes = (line + "\n").getBytes(UTF_8);
            reader.input(bytes, 0, bytes.length);

            assertThat(reader.next()).isEqualTo(Part.VALUE);
            assertThat(reader.field()).isEqualTo(Field.OTHER);
            assertThat(new String(bytes, reader.start(), reader.end() - reader.start(), UTF_8))
                    .isEqualTo(line);
        }
    }

    @Test
    void aStreamMayBeginAnew() {
        EventStreamReader reader = scan("data: a\r");
        reader.reset();
        byte[] bytes = (MARK + "\ndata: a\n\n").getBytes(StandardCharsets.ISO_8859_1);
        read(reader, bytes, 0, bytes.length);

        assertThat(reader.events()).isOne();
        assertThat(reader.isBetweenEvents()).isTrue();
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
        EventStreamReader reader = new EventStreamReader();
        read(reader, "xx\n\ndata: a\n\nx".getBytes(UTF_8), 4, 9);

        assertThat(reader.isBetweenEvents()).isTrue();
        assertThat(reader.events()).isOne();
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> read(reader, new byte[1], 1, 1));
    }

    @Test
    void anEventAllocatesNothing() {
        byte[] event = "data: {\"choices\":[{\"delta\":{\"content\":\" word\"}}]}\r\n\r\n".getBytes(UTF_8);
        EventStreamReader reader = new EventStreamReader();

        assertThat(Allocation.perCall(10_000, () -> read(reader, event, 0, event.length)))
                .isZero();
        assertThat(reader.events()).isGreaterThanOrEqualTo(10_000);
    }

    private static void assertSame(EventStreamReader actual, EventStreamReader expected) {
        assertThat(actual.isBetweenEvents()).isEqualTo(expected.isBetweenEvents());
        assertThat(actual.events()).isEqualTo(expected.events());
    }

    private static void read(EventStreamReader reader, byte[] bytes, int offset, int length) {
        reader.input(bytes, offset, offset + length);
        while (reader.next() != Part.MORE) {}
    }

    private static EventStreamReader scan(String stream) {
        EventStreamReader reader = new EventStreamReader();
        byte[] bytes = stream.getBytes(UTF_8);
        read(reader, bytes, 0, bytes.length);
        return reader;
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
