package io.llmproxy.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * Reads one event stream ({@code text/event-stream}) in one pass: tells the slices of its lines' values and where its events end.
 * It copies nothing and keeps nothing. Pieces may be cut anywhere. Not safe for use by several threads at once.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream">HTML: parsing an event
 *     stream</a>
 */
public final class EventStreamReader {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long LINE_FEEDS = ONES * '\n';
    private static final long CARRIAGE_RETURNS = ONES * '\r';

    /** The bytes of a byte order mark, which a stream may begin with. */
    private static final String MARK = "\u00EF\u00BB\u00BF";

    private static final byte[] NO_BYTES = {};

    private byte[] bytes = NO_BYTES;
    private int at;
    private int end;
    private int start;
    private int stop;

    private State state = State.BEGINNING;
    private Field field = Field.OTHER;
    /** How much of the mark, or of the field's name, has been read. */
    private int matched;

    private boolean afterCarriageReturn;
    private boolean endsInCrLf;
    private boolean hasField;
    private boolean likeName;
    private long events;

    /** What was met. */
    public enum Part {
        /** Nothing; the piece is used up. */
        MORE,
        /**
         * A part of the line's value, at least one byte, from {@link #start} to {@link #end}. The space behind the colon is none.
         * Of a line whose name is not known it is a part of the whole line, without what an earlier piece ended with if that
         * could have been the beginning of a name that is known.
         */
        VALUE,
        /** The line has ended. */
        LINE_END,
        /** A blank line has ended an event. */
        EVENT_END,
        /** A blank line has ended nothing: there were only comments before it, or nothing. */
        BLANK
    }

    /** What a line is. */
    public enum Field {
        /** A part of the event's data. */
        DATA("data"),
        /** The event's type. */
        EVENT("event"),
        /** The event's number. */
        ID("id"),
        /** When to connect again. */
        RETRY("retry"),
        /** A comment. */
        COMMENT(""),
        /** Anything else. Readers of event streams pass over it. */
        OTHER("");

        @SuppressWarnings("ImmutableEnumChecker") // It is never changed, and no string is read as fast.
        private final byte[] label;

        Field(String label) {
            this.label = label.getBytes(StandardCharsets.US_ASCII);
        }

        private static Field beginningWith(byte first) {
            return switch (first) {
                case 'd' -> DATA;
                case 'e' -> EVENT;
                case 'i' -> ID;
                case 'r' -> RETRY;
                case ':' -> COMMENT;
                default -> OTHER;
            };
        }
    }

    private enum State {
        /** No byte has come but perhaps some of a byte order mark. */
        BEGINNING,
        /** The line has no byte yet. */
        LINE,
        /** The line is in the name of a field that may be one of those that are known. */
        NAME,
        /** The colon has been read, and nothing behind it. */
        COLON,
        /** The line is in its value. */
        VALUE
    }

    /** Begins another stream. */
    public void reset() {
        state = State.BEGINNING;
        matched = 0;
        afterCarriageReturn = false;
        endsInCrLf = false;
        hasField = false;
        likeName = false;
        events = 0;
    }

    /**
     * Gives the next piece of the stream, after {@link Part#MORE} was told of the last one.
     *
     * @param from the index of its first byte
     * @param to the index behind its last byte
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public void input(byte[] source, int from, int to) {
        Objects.checkFromToIndex(from, to, source.length);
        bytes = source;
        at = from;
        end = to;
    }

    /** Reads on to the next part. */
    public Part next() {
        while (at < end) {
            byte next = bytes[at];
            if (next == '\n' || next == '\r') {
                at++;
                if (next == '\r' ? carriageReturn() : lineFeed()) {
                    return endLine();
                }
            } else if (text(next)) {
                return Part.VALUE;
            }
        }
        return Part.MORE;
    }

    /** The index in the piece of the next byte. */
    public int position() {
        return at;
    }

    /** The index in the piece of the first byte of the value's part that was told last. */
    public int start() {
        return start;
    }

    /** The index in the piece behind the last byte of the value's part that was told last. */
    public int end() {
        return stop;
    }

    /** Returns the field of the line whose part, or end, was reported last. */
    public Field field() {
        return field;
    }

    /**
     * Returns whether the line whose part was reported last begins with a letter that a known name begins with. Of such a line
     * with an unknown name, the beginning may not have been reported.
     */
    public boolean beginsLikeName() {
        return likeName;
    }

    /**
     * Returns whether the bytes so far end where an event ends, or none has begun: a comment or an event that is put
     * here corrupts nothing.
     */
    public boolean isBetweenEvents() {
        // A carriage return may end a line by itself; where line feeds have followed so far, one more is on its way.
        boolean empty = state == State.LINE || (state == State.BEGINNING && matched == 0);
        return empty && !hasField && !(afterCarriageReturn && endsInCrLf);
    }

    /** Returns how many events have ended; a block of comments alone is none. */
    public long events() {
        return events;
    }

    /** Returns whether a line has ended. */
    private boolean lineFeed() {
        endsInCrLf = afterCarriageReturn;
        afterCarriageReturn = false;
        return !endsInCrLf;
    }

    private boolean carriageReturn() {
        endsInCrLf &= !afterCarriageReturn;
        afterCarriageReturn = true;
        return true;
    }

    private Part endLine() {
        State before = state;
        state = State.LINE;
        if (before == State.LINE || (before == State.BEGINNING && matched == 0)) {
            boolean event = hasField;
            hasField = false;
            events += event ? 1 : 0;
            return event ? Part.EVENT_END : Part.BLANK;
        }
        if (before == State.BEGINNING || (before == State.NAME && matched < field.label.length)) {
            field = Field.OTHER;
            hasField = true;
        }
        return Part.LINE_END;
    }

    /** Takes bytes of a line. Returns whether there is a part of its value among them. */
    private boolean text(byte next) {
        endsInCrLf &= !afterCarriageReturn;
        afterCarriageReturn = false;
        if (state == State.BEGINNING && !passMark(next)) {
            return false;
        }
        if (state == State.LINE) {
            beginLine(next);
        }
        if (state == State.NAME && !passName()) {
            return false;
        }
        if (state == State.COLON) {
            if (at == end) {
                return false;
            }
            state = State.VALUE;
            at += bytes[at] == ' ' ? 1 : 0;
        }
        start = at;
        stop = lineEnd(bytes, at, end);
        at = stop;
        return stop > start;
    }

    /** Returns whether there is anything else behind the byte order mark. */
    private boolean passMark(byte next) {
        if (matched < MARK.length() && (next & 0xff) == MARK.charAt(matched)) {
            matched++;
            at++;
            state = matched == MARK.length() ? State.LINE : State.BEGINNING;
            return false;
        }
        if (matched > 0) {
            field = Field.OTHER;
            hasField = true;
            state = State.VALUE;
        } else {
            state = State.LINE;
        }
        return true;
    }

    private void beginLine(byte first) {
        matched = 0;
        field = Field.beginningWith(first);
        hasField |= field != Field.COMMENT;
        likeName = field.label.length > 0;
        state = switch (field) {
            case COMMENT -> {
                at++;
                yield State.COLON;
            }
            case OTHER -> State.VALUE;
            default -> State.NAME;
        };
    }

    /** Reads the line's name. Returns whether there is anything behind it, or it is none of those that are known. */
    private boolean passName() {
        byte[] name = field.label;
        int from = at;
        int index = at;
        int known = matched;
        while (index < end && known < name.length && bytes[index] == name[known]) {
            known++;
            index++;
        }
        at = index;
        matched = known;
        if (at == end) {
            return false;
        }
        if (matched == name.length && bytes[at] == ':') {
            at++;
            state = State.COLON;
            return true;
        }
        if (matched == name.length && (bytes[at] == '\n' || bytes[at] == '\r')) {
            return false;
        }
        at = from;
        field = Field.OTHER;
        state = State.VALUE;
        return true;
    }

    /** Returns the index of the byte that ends the line, or the end of the range. */
    private static int lineEnd(byte[] bytes, int from, int to) {
        int index = from;
        while (index <= to - Long.BYTES) {
            long word = (long) LONGS.get(bytes, index);
            long feeds = word ^ LINE_FEEDS;
            long returns = word ^ CARRIAGE_RETURNS;
            // A subtraction that borrows spoils the bytes above only, and so the lowest bit is right.
            long marks = (((feeds - ONES) & ~feeds) | ((returns - ONES) & ~returns)) & HIGH_BITS;
            if (marks != 0) {
                return index + Long.numberOfTrailingZeros(marks) / Byte.SIZE;
            }
            index += Long.BYTES;
        }
        while (index < to && bytes[index] != '\n' && bytes[index] != '\r') {
            index++;
        }
        return index;
    }
}
