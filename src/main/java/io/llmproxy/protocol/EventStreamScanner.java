package io.llmproxy.protocol;

import java.util.Objects;

/**
 * Watches the bytes of one event stream ({@code text/event-stream}) pass by, changes none and keeps none. It tells
 * where something may be put between two events. Pieces may be cut anywhere. Not safe for use by several threads at
 * once.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream">HTML: parsing
 *     an event stream</a>
 */
public final class EventStreamScanner {
    private Line line = Line.BLANK;
    private boolean afterCarriageReturn;
    private boolean endsInCrLf;
    private boolean hasField;
    private long events;

    /** What the bytes since the last end of a line amount to. */
    private enum Line {
        /** Nothing, and no event has begun since the last blank line; comments are part of none. */
        BLANK,
        /** Nothing, and a line before it belongs to an event that has not ended. */
        START,
        /** Something. */
        INSIDE
    }

    /**
     * Takes note of the next piece of the stream.
     *
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public void scan(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        int end = offset + length;
        int index = offset;
        while (index < end) {
            byte next = bytes[index];
            if (next == '\n') {
                lineFeed();
                index++;
            } else if (next == '\r') {
                carriageReturn();
                index++;
            } else {
                text(next);
                index = endOfText(bytes, index, end);
            }
        }
    }

    private static int endOfText(byte[] bytes, int begin, int end) {
        int index = begin + 1;
        while (index < end && bytes[index] != '\n' && bytes[index] != '\r') {
            index++;
        }
        return index;
    }

    /**
     * Returns whether the bytes so far end where an event ends, or none has begun: a comment or an event that is put
     * here corrupts nothing.
     */
    public boolean betweenEvents() {
        // A carriage return may end a line by itself; where line feeds have followed so far, one more is on its way.
        return line == Line.BLANK && !(afterCarriageReturn && endsInCrLf);
    }

    /** Returns how many events have ended; a block of comments alone is none. */
    public long events() {
        return events;
    }

    private void lineFeed() {
        if (afterCarriageReturn) {
            afterCarriageReturn = false;
            endsInCrLf = true;
        } else {
            endsInCrLf = false;
            endLine();
        }
    }

    private void carriageReturn() {
        endsInCrLf &= !afterCarriageReturn;
        afterCarriageReturn = true;
        endLine();
    }

    private void text(byte next) {
        endsInCrLf &= !afterCarriageReturn;
        afterCarriageReturn = false;
        if (line != Line.INSIDE) {
            line = Line.INSIDE;
            hasField |= next != ':';
        }
    }

    private void endLine() {
        if (line == Line.INSIDE) {
            line = hasField ? Line.START : Line.BLANK;
            return;
        }
        line = Line.BLANK;
        if (hasField) {
            hasField = false;
            events++;
        }
    }
}
