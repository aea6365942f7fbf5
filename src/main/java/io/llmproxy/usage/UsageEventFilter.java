package io.llmproxy.usage;

import io.llmproxy.protocol.EventStreamReader;
import io.llmproxy.protocol.EventStreamReader.Field;
import io.llmproxy.protocol.EventStreamReader.Part;
import io.llmproxy.protocol.JsonScanner;
import io.llmproxy.protocol.JsonScanner.Token;
import io.llmproxy.protocol.ModelRewriter.Sink;
import java.util.Arrays;
import java.util.Objects;

/**
 * Takes out of a chat's stream the event that has nothing but usage, for clients that have not asked for it: many look for
 * the first choice of each event, and fail on one that has none. An event with a choice passes as it is, and so does one
 * that has neither choice nor usage. Pieces may be cut anywhere. Of an event no more is held back than it takes to see that
 * it has a choice; one that is longer than 8 KiB passes. Not safe for use by several threads at once.
 */
public final class UsageEventFilter {
    private static final int LONGEST_HELD = 8 * 1024;
    private static final byte[] LINE_END = {'\n'};

    private final EventStreamReader lines = new EventStreamReader();
    private final JsonScanner json = new JsonScanner(2);
    private byte[] held = {};
    private int heldLength;
    private State state = State.BETWEEN;

    /** The index in the piece of the first byte that has not been passed on, and of the first that is not decided on. */
    private int pending;

    private int begin;
    /** The index in the piece of the line's first byte, if it began in the piece. */
    private int lineStart;
    /** Whether the piece ended with a carriage return, and whether with that of an event that was taken out. */
    private boolean afterReturn;

    private boolean afterTakenOut;

    private Name name = Name.OTHER;
    private boolean inChoices;
    private boolean hasUsage;
    private boolean whole;

    private enum State {
        /** No event has begun. */
        BETWEEN,
        /** A comment passes. */
        COMMENT,
        /** An event has begun that may have nothing but usage. */
        UNDECIDED,
        /** An event passes. */
        PASSING
    }

    private enum Name {
        CHOICES,
        USAGE,
        OTHER
    }

    /**
     * Takes the next piece. What passes is passed on at once.
     *
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public void accept(byte[] bytes, int offset, int length, Sink sink) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        int end = offset + length;
        pending = offset;
        begin = offset;
        lineStart = offset;
        if (length > 0) {
            continueReturn(bytes[offset]);
        }
        lines.input(bytes, offset, end);
        for (Part part = lines.next(); part != Part.MORE; part = lines.next()) {
            take(part, bytes, end, sink);
        }
        if (state == State.BETWEEN && lineStart < end) {
            begin(lineStart, bytes[lineStart] == ':');
        }
        if (state == State.UNDECIDED) {
            pass(bytes, begin, sink);
            hold(bytes, end, sink);
        } else {
            pass(bytes, end, sink);
        }
    }

    /** Passes on what has been held back, as there are no more pieces. */
    public void finish(Sink sink) {
        if (!isUsageOnly()) {
            release(sink);
        }
    }

    /** The line end of the last piece may go on in this one. */
    private void continueReturn(byte first) {
        if (afterReturn && first == '\n') {
            lineStart++;
            pending += afterTakenOut ? 1 : 0;
        }
        afterReturn = false;
        afterTakenOut = false;
    }

    private void take(Part part, byte[] bytes, int end, Sink sink) {
        boolean data = lines.field() == Field.DATA;
        switch (part) {
            case VALUE -> {
                beginLine();
                if (data) {
                    look(bytes, lines.start(), lines.end(), sink);
                }
            }
            case LINE_END -> {
                beginLine();
                if (data) {
                    look(LINE_END, 0, 1, sink);
                }
                state = state == State.COMMENT ? State.BETWEEN : state;
                endLine(bytes, end, false);
            }
            case EVENT_END, BLANK -> endLine(bytes, end, endEvent(bytes, sink));
            case MORE -> {}
        }
    }

    private void beginLine() {
        if (state == State.BETWEEN) {
            begin(lineStart, lines.field() == Field.COMMENT);
        }
    }

    /** @param takenOut whether the line end belongs to an event that was taken out */
    private void endLine(byte[] bytes, int end, boolean takenOut) {
        int next = lines.position();
        boolean returned = bytes[next - 1] == '\r';
        if (returned && next < end && bytes[next] == '\n') {
            next++;
        }
        afterReturn = returned && next == end && bytes[next - 1] == '\r';
        afterTakenOut = afterReturn && takenOut;
        lineStart = next;
        if (takenOut) {
            pending = next;
        }
    }

    private void begin(int at, boolean comment) {
        state = comment ? State.COMMENT : State.UNDECIDED;
        begin = at;
        json.reset();
        name = Name.OTHER;
        inChoices = false;
        hasUsage = false;
        whole = false;
    }

    /** Returns whether the event was taken out. */
    private boolean endEvent(byte[] bytes, Sink sink) {
        boolean takenOut = isUsageOnly() && heldLength + lines.position() - begin <= LONGEST_HELD;
        if (takenOut) {
            pass(bytes, begin, sink);
            heldLength = 0;
        } else {
            release(sink);
        }
        state = State.BETWEEN;
        return takenOut;
    }

    private boolean isUsageOnly() {
        return state == State.UNDECIDED && whole && hasUsage;
    }

    /** Reads data as long as it may be that there is nothing but usage. */
    private void look(byte[] bytes, int from, int to, Sink sink) {
        if (state != State.UNDECIDED) {
            return;
        }
        json.input(bytes, from, to);
        Token token = json.next();
        while (token != Token.MORE) {
            if (!take(token)) {
                release(sink);
                state = State.PASSING;
                return;
            }
            token = json.next();
        }
    }

    /** Returns whether it may still be that there is nothing but usage. */
    private boolean take(Token token) {
        return switch (token) {
            case NAME -> name();
            case END -> end();
            case STRING_END, MORE -> true;
            case NOT_JSON, NOT_UTF8, TOO_DEEP -> false;
            default -> value(token);
        };
    }

    private boolean name() {
        name = Name.OTHER;
        if (json.depth() == 1) {
            if (json.isNamed("choices")) {
                name = Name.CHOICES;
            } else if (json.isNamed("usage")) {
                name = Name.USAGE;
            }
        }
        return true;
    }

    private boolean end() {
        inChoices = false;
        whole |= json.depth() == 0;
        return true;
    }

    private boolean value(Token token) {
        Name named = name;
        name = Name.OTHER;
        int depth = json.depth();
        if (depth == 0 || (depth == 1 && token == Token.ARRAY && named == Name.OTHER)) {
            // Not an object, such as [DONE].
            return depth != 0;
        }
        if (inChoices) {
            return false;
        }
        inChoices = named == Name.CHOICES && token == Token.ARRAY;
        hasUsage |= named == Name.USAGE && token != Token.NULL;
        return named != Name.CHOICES || token == Token.ARRAY || token == Token.NULL;
    }

    private void hold(byte[] bytes, int end, Sink sink) {
        int count = end - begin;
        if (count > LONGEST_HELD - heldLength) {
            release(sink);
            state = State.PASSING;
            pending = begin;
            pass(bytes, end, sink);
            return;
        }
        if (count > held.length - heldLength) {
            held = Arrays.copyOf(held, Math.min(LONGEST_HELD, Math.max(2 * held.length, heldLength + count)));
        }
        System.arraycopy(bytes, begin, held, heldLength, count);
        heldLength += count;
        pending = end;
    }

    private void release(Sink sink) {
        if (heldLength > 0) {
            sink.accept(Arrays.copyOf(held, heldLength), 0, heldLength);
            heldLength = 0;
        }
    }

    private void pass(byte[] bytes, int to, Sink sink) {
        if (to > pending) {
            sink.accept(bytes, pending, to - pending);
        }
        pending = to;
    }
}
