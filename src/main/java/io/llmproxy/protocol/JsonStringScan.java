package io.llmproxy.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Passes over the inside of one JSON string after the other, from behind the first quote to the last. It checks escapes
 * and UTF-8. Pieces may be cut anywhere.
 */
final class JsonStringScan {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long SPACES = ONES * ' ';
    private static final long QUOTES = ONES * '"';
    private static final long BACKSLASHES = ONES * '\\';
    private static final int LONGEST_CHARACTER = 4;

    private State state = State.TEXT;
    /** How many hexadecimal digits, or bytes of a character, are still to come. */
    private int due;
    /** The least and the greatest value of the next byte of a character. */
    private int least;

    private int greatest;

    /** Where the scan stands, or how it ended. */
    enum State {
        /** Any character may follow. */
        TEXT,
        /** A backslash has been read. */
        ESCAPE,
        /** An escape by number has begun. */
        HEX,
        /** A character beyond ASCII has begun. */
        CHARACTER,
        /** The last quote has been read. */
        ENDED,
        /** What is written so is no JSON string. */
        NOT_JSON,
        /** The bytes are no characters. */
        NOT_UTF8
    }

    /** Begins another string. */
    void begin() {
        state = State.TEXT;
    }

    State state() {
        return state;
    }

    /**
     * Reads on.
     *
     * @return the index behind what was read: that of the byte that shows a problem, or behind the last quote, or the
     *     end of the range
     */
    int scan(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to) {
            State before = state;
            at = before == State.TEXT ? text(bytes, at, to) : at + inside(bytes[at]);
            if (state.compareTo(State.ENDED) >= 0) {
                return at;
            }
        }
        return at;
    }

    private int text(byte[] bytes, int from, int to) {
        int at = plainEnd(bytes, from, to);
        int whole = at < to ? wholeEnd(bytes, at, to) : at;
        while (whole > at) {
            at = plainEnd(bytes, whole, to);
            whole = at < to ? wholeEnd(bytes, at, to) : at;
        }
        return at == to ? at : at + special(bytes[at]);
    }

    /** The index behind the escape, or the characters beyond ASCII, that are surely whole and good. */
    private static int wholeEnd(byte[] bytes, int at, int to) {
        byte first = bytes[at];
        if (first == '\\') {
            return at + 1 < to && isSimpleEscape(bytes[at + 1]) ? at + 2 : at;
        }
        return first < 0 ? charactersEnd(bytes, at, to) : at;
    }

    /** Takes a byte that has a meaning of its own. Returns how many bytes are read: not one that is bad. */
    private int special(byte next) {
        return switch (next) {
            case '"' -> read(State.ENDED);
            case '\\' -> read(State.ESCAPE);
            default -> next < 0 ? lead(next & 0xff) : refuse(State.NOT_JSON);
        };
    }

    /** The index of the first byte that has a meaning of its own. */
    private static int plainEnd(byte[] bytes, int from, int to) {
        int at = from;
        while (at <= to - Long.BYTES) {
            long marks = marks((long) LONGS.get(bytes, at));
            if (marks != 0) {
                return at + Long.numberOfTrailingZeros(marks) / Byte.SIZE;
            }
            at += Long.BYTES;
        }
        while (at < to && bytes[at] >= ' ' && bytes[at] != '"' && bytes[at] != '\\') {
            at++;
        }
        return at;
    }

    /**
     * Sets the high bit of each byte that is a quote, a backslash, a control character or beyond ASCII. A subtraction
     * that borrows spoils the bytes above only, and so the lowest bit is right.
     */
    private static long marks(long word) {
        return (word | (word - SPACES) | ((word ^ QUOTES) - ONES) | ((word ^ BACKSLASHES) - ONES)) & HIGH_BITS;
    }

    /** The index behind the characters beyond ASCII that are good and surely whole. */
    private static int charactersEnd(byte[] bytes, int from, int to) {
        int at = from;
        int length = 1;
        while (length > 0 && at <= to - LONGEST_CHARACTER && bytes[at] < 0) {
            length = characterLength(bytes, at);
            at += length;
        }
        return at;
    }

    /** The number of bytes of a character, or 0 if it is none. */
    private static int characterLength(byte[] bytes, int at) {
        int lead = bytes[at] & 0xff;
        int length = length(lead);
        int second = bytes[at + 1] & 0xff;
        boolean good = length > 0
                && second >= leastSecond(lead)
                && second <= greatestSecond(lead)
                && (length < 3 || isContinuation(bytes[at + 2]))
                && (length < 4 || isContinuation(bytes[at + 3]));
        return good ? length : 0;
    }

    /** Takes a byte that is not the first of a character. Returns how many bytes are read: not one that is bad. */
    private int inside(byte next) {
        return switch (state) {
            case ESCAPE -> escape(next);
            case HEX -> hex(next);
            default -> continuation(next & 0xff);
        };
    }

    private int escape(byte next) {
        if (next == 'u') {
            due = 4;
            return read(State.HEX);
        }
        return isSimpleEscape(next) ? read(State.TEXT) : refuse(State.NOT_JSON);
    }

    private static boolean isSimpleEscape(byte next) {
        return switch (next) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> true;
            default -> false;
        };
    }

    private int hex(byte next) {
        return Character.digit(next, 16) < 0 ? refuse(State.NOT_JSON) : read(--due == 0 ? State.TEXT : State.HEX);
    }

    private int lead(int lead) {
        int length = length(lead);
        if (length == 0) {
            return refuse(State.NOT_UTF8);
        }
        due = length - 1;
        least = leastSecond(lead);
        greatest = greatestSecond(lead);
        return read(State.CHARACTER);
    }

    private int continuation(int next) {
        if (next < least || next > greatest) {
            return refuse(State.NOT_UTF8);
        }
        least = 0x80;
        greatest = 0xbf;
        return read(--due == 0 ? State.TEXT : State.CHARACTER);
    }

    private int read(State next) {
        state = next;
        return 1;
    }

    private int refuse(State problem) {
        state = problem;
        return 0;
    }

    /** The number of bytes of the characters that begin with a byte; 0 if none does. */
    private static int length(int lead) {
        if (lead < 0xc2 || lead > 0xf4) {
            return 0;
        }
        return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    }

    /** What is less would be a longer way to write a character. */
    private static int leastSecond(int lead) {
        return lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    }

    /** What is greater would be half of a character of UTF-16, or beyond the last character. */
    private static int greatestSecond(int lead) {
        return lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    }

    private static boolean isContinuation(byte next) {
        return (next & 0xc0) == 0x80;
    }
}
