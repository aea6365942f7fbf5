package io.llmproxy.protocol;

import io.llmproxy.protocol.EventStreamReader.Part;
import java.io.ByteArrayOutputStream;
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

    private final LifecycleRules rules;
    private final EventStreamReader lines = new EventStreamReader();
    /** A line that is of no event stream. */
    private final ByteArrayOutputStream odd = new ByteArrayOutputStream();

    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private boolean lettered;
    private boolean hasData;
    private boolean inData;
    private boolean over;
    private @Nullable ToldError error;
    private int events;

    private StreamOpening(LifecycleRules rules) {
        this.rules = rules;
    }

    /**
     * Returns what to watch a stream with.
     *
     * @param endpoint what the upstream is asked for
     * @return null if nothing is known of its streams
     */
    public static @Nullable StreamOpening of(Endpoint endpoint) {
        StreamApi api = endpoint.streamApi();
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
        if (over) {
            return;
        }
        lines.input(bytes, offset, offset + length);
        for (Part part = lines.next(); part != Part.MORE && !over; part = lines.next()) {
            switch (part) {
                case VALUE -> take(bytes, lines.start(), lines.end() - lines.start());
                case LINE_END -> endLine();
                case EVENT_END -> endEvent();
                case BLANK, MORE -> {}
            }
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
        byte[] text = odd.toByteArray();
        if (!lettered && isPlain(text)) {
            plain(text);
            return;
        }
        endEvent();
        over = error != null;
    }

    /** Returns whether the opening is over: content was seen, an error, or something that is not known. */
    public boolean isOver() {
        return over;
    }

    /** Returns the error with which the opening ended; null if it did not end with one. */
    public @Nullable ToldError error() {
        return error;
    }

    /** Returns the HTTP status that the error stands for with which the opening ended; 0 if it did not end with one. */
    public int refusal() {
        return error == null ? 0 : error.status();
    }

    /** Returns how many events with data have ended, up to and with the one that ended the opening. */
    public int events() {
        return events;
    }

    private void take(byte[] bytes, int start, int length) {
        switch (lines.field()) {
            case DATA -> {
                beginData();
                data.write(bytes, start, length);
            }
            case OTHER -> {
                // What begins with a letter is no JSON, whether that letter was told or not.
                lettered |= lines.beginsLikeName();
                odd.write(bytes, start, length);
            }
            case EVENT, ID, RETRY, COMMENT -> {}
        }
        over = isTooLong();
    }

    private boolean isTooLong() {
        return odd.size() + data.size() > LONGEST_EVENT;
    }

    private void beginData() {
        if (hasData && !inData) {
            data.write('\n');
        }
        hasData = true;
        inData = true;
    }

    private void endLine() {
        switch (lines.field()) {
            case DATA -> {
                beginData();
                inData = false;
                over = isTooLong();
            }
            case OTHER -> {
                byte[] text = odd.toByteArray();
                if (!lettered && isPlain(text)) {
                    plain(text);
                }
                over = true;
            }
            case EVENT, ID, RETRY, COMMENT -> {}
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
        error = OpeningEvent.of(rules, text).error();
    }

    private void endEvent() {
        if (!hasData) {
            return;
        }
        OpeningEvent event = OpeningEvent.of(rules, data.toByteArray());
        data.reset();
        hasData = false;
        inData = false;
        events++;
        over = !event.isLifecycle();
        error = event.error();
    }
}
