package io.llmproxy.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Watches the beginning of an event stream for the first thing that matters to a client. Until then the events only say
 * that an answer has begun, and as long as none of them was passed on another upstream may still be asked instead. What
 * is not known counts as mattering. Pieces may be cut anywhere. Not safe for use by several threads at once.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream">HTML: parsing
 *     an event stream</a>
 */
public final class StreamOpening {
    private static final int LONGEST_EVENT = 256 * 1024;
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    private final LifecycleRules rules;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private boolean firstLine = true;
    private boolean afterCarriageReturn;
    private boolean hasData;
    private boolean over;
    private int refusal;
    private int events;

    private StreamOpening(LifecycleRules rules) {
        this.rules = rules;
    }

    /**
     * Returns what to watch a stream with.
     *
     * @param path the request's path
     * @return null if nothing is known of the streams of that path
     */
    public static @Nullable StreamOpening of(String path) {
        StreamApi api = StreamApi.of(path);
        LifecycleRules rules = api == null ? null : LifecycleRules.of(api);
        return rules == null ? null : new StreamOpening(rules);
    }

    /**
     * Takes note of the next piece of the stream.
     *
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public void scan(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        int end = offset + length;
        int start = offset;
        for (int index = offset; index < end && !over; index++) {
            byte next = bytes[index];
            if (next == '\n' || next == '\r') {
                if (next == '\r' || !afterCarriageReturn) {
                    take(bytes, start, index);
                    if (!over) {
                        endLine();
                    }
                }
                start = index + 1;
            }
            afterCarriageReturn = next == '\r';
        }
        if (!over) {
            take(bytes, start, end);
        }
    }

    /**
     * Takes note that the stream has ended in order. What is left is worth being passed on if it is plain JSON, which some
     * servers call an event stream before they know what they will say, or an error without the blank line behind it.
     */
    public void end() {
        if (over) {
            return;
        }
        byte[] text = firstLine ? withoutMark(line.toByteArray()) : line.toByteArray();
        if (isPlain(text)) {
            plain(text);
            return;
        }
        endLine();
        endEvent();
        over = refusal > 0;
    }

    /** Returns whether the opening is over: content was seen, an error, or something that is not known. */
    public boolean isOver() {
        return over;
    }

    /** Returns the HTTP status that the error stands for with which the opening ended; 0 if it did not end with one. */
    public int refusal() {
        return refusal;
    }

    /** Returns how many events with data have ended, up to and with the one that ended the opening. */
    public int events() {
        return events;
    }

    private void take(byte[] bytes, int start, int end) {
        line.write(bytes, start, end - start);
        over = line.size() + data.size() > LONGEST_EVENT;
    }

    private void endLine() {
        byte[] text = firstLine ? withoutMark(line.toByteArray()) : line.toByteArray();
        firstLine = false;
        line.reset();
        if (text.length == 0) {
            endEvent();
        } else if (isPlain(text)) {
            plain(text);
            over = true;
        } else if (text[0] != ':') {
            field(new String(text, StandardCharsets.ISO_8859_1), text);
        }
    }

    private static boolean isPlain(byte[] text) {
        int start = 0;
        while (start < text.length && text[start] == ' ') {
            start++;
        }
        return start < text.length && (text[start] == '{' || text[start] == '[');
    }

    private void plain(byte[] text) {
        JsonBody json = new JsonBody();
        json.scan(text, 0, text.length);
        over = json.isComplete();
        refusal = OpeningEvent.of(rules, text).errorStatus();
    }

    private void field(String text, byte[] bytes) {
        int colon = text.indexOf(':');
        switch (colon < 0 ? text : text.substring(0, colon)) {
            case "data" -> data(bytes, colon < 0 ? bytes.length : colon + 1);
            case "event", "id", "retry" -> {}
            default -> over = true;
        }
    }

    private void data(byte[] bytes, int start) {
        if (hasData) {
            data.write('\n');
        }
        int from = start < bytes.length && bytes[start] == ' ' ? start + 1 : start;
        data.write(bytes, from, bytes.length - from);
        hasData = true;
    }

    private void endEvent() {
        if (!hasData) {
            return;
        }
        OpeningEvent event = OpeningEvent.of(rules, data.toByteArray());
        data.reset();
        hasData = false;
        events++;
        over = !event.isLifecycle();
        refusal = event.errorStatus();
    }

    private static byte[] withoutMark(byte[] line) {
        boolean marked = Arrays.equals(
                line, 0, Math.min(line.length, BYTE_ORDER_MARK.length), BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length);
        return marked ? Arrays.copyOfRange(line, BYTE_ORDER_MARK.length, line.length) : line;
    }
}
