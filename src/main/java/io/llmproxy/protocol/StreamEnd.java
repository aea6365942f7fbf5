package io.llmproxy.protocol;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Watches an event stream pass by for the sign that its answer is complete. A connection that is closed in order says
 * nothing: a server that dies, or a proxy before it, may close one in the middle of an answer.
 *
 * <p>The signs are looked for in the raw bytes, less the spaces. Each has a quotation mark in it, or stands at the start
 * of a line, and so cannot be part of what a model says: within a JSON string both would be escaped. A sign only tells which
 * event is worth reading: what it means is found out by reading that event as JSON ({@link StreamVerdict}), so that most
 * events cost one look at each byte. What is no JSON means what its sign says.
 *
 * <p>Some servers announce an event stream and send plain JSON. That is complete when the JSON is. Not safe for use by several
 * threads at once.
 */
public final class StreamEnd {
    /** An event that is longer is not read as JSON. */
    private static final int LONGEST_EVENT = 256 * 1024;

    private static final List<String> FAILURES = List.of("\nevent:error", "\nerror:", "\"error\":{", "\"error\":\"");

    /** How servers complain without any word of the API. */
    private static final List<String> COMPLAINTS = List.of("\"message\":\"", "\"detail\":");

    private static final SignTable CHAT = SignTable.of(
            List.of("\ndata:[DONE]", "\"finish_reason\":\"", "\"stop\":true", "\"done\":true"),
            FAILURES,
            // A choice other than the first one, which has to be finished, too; or a tool call.
            join(
                    COMPLAINTS,
                    Stream.iterate(1, digit -> digit + 1)
                            .limit(9)
                            .map("\"index\":%d"::formatted)
                            .toList()));
    private static final SignTable MESSAGES = SignTable.of(
            List.of("\"type\":\"message_stop\""), join(FAILURES, List.of("\"type\":\"error\"")), COMPLAINTS);
    private static final SignTable RESPONSES = SignTable.of(
            List.of(
                    "\"type\":\"response.completed\"",
                    "\"type\":\"response.incomplete\"",
                    "\"type\":\"response.cancelled\"",
                    "\"type\":\"response.done\""),
            join(FAILURES, List.of("\"type\":\"response.failed\"", "\"type\":\"error\"")),
            COMPLAINTS);
    private static final SignTable GEMINI = SignTable.of(
            List.of("\"finishReason\":\"", "\"blockReason\":\""),
            FAILURES,
            join(
                    COMPLAINTS,
                    Stream.iterate(1, digit -> digit + 1)
                            .limit(9)
                            .map("\"index\":%d"::formatted)
                            .toList()));
    private static final SignTable NONE = SignTable.of(List.of(), List.of());

    private static final byte[] NO_BYTES = {};

    private final SignTable table;
    private final int lineStart;
    private final @Nullable StreamApi api;
    private final int choices;
    private int state;
    private boolean begun;
    private @Nullable JsonBody plain;
    /** Made when there is something to read. */
    private @Nullable StreamVerdict verdict;

    private boolean seen;
    private boolean failed;

    /** The beginning of an event whose end is yet to come. */
    private byte[] held = NO_BYTES;

    private int length;
    /** How much of that was searched for blank lines. */
    private int looked;
    /** How many ends of lines stand before that with nothing between them. */
    private int breaks;

    private boolean suspect;

    private StreamEnd(SignTable table, @Nullable StreamApi api, int choices) {
        this.table = table;
        this.api = api;
        this.choices = choices;
        this.seen = table.isEmpty();
        // The stream begins with a line.
        this.lineStart = table.next(SignTable.START, (byte) '\n');
        this.state = lineStart;
    }

    /**
     * Returns what to watch a stream with.
     *
     * @param path the request's path; streams of unknown paths are complete when they are closed
     */
    public static StreamEnd of(String path) {
        return of(path, 1);
    }

    /**
     * Returns what to watch a stream with.
     *
     * @param path the request's path; streams of unknown paths are complete when they are closed
     * @param choices how many answers the request asks for; more may turn up, and have to be finished as well
     */
    public static StreamEnd of(String path, int choices) {
        StreamApi api = StreamApi.of(path);
        return new StreamEnd(api == null ? NONE : signs(api), api, choices);
    }

    private static SignTable signs(StreamApi api) {
        return switch (api) {
            case CHAT -> CHAT;
            case MESSAGES -> MESSAGES;
            case RESPONSES -> RESPONSES;
            case GEMINI -> GEMINI;
        };
    }

    private static List<String> join(List<String> some, List<String> others) {
        return Stream.concat(some.stream(), others.stream()).toList();
    }

    /** Takes note of the next piece of the stream. */
    public void scan(byte[] bytes, int offset, int count) {
        if (seen) {
            return;
        }
        int end = offset + count;
        int start = begun ? offset : begin(bytes, offset, end);
        if (plain != null) {
            plain.scan(bytes, start, end);
        } else {
            state = suspect ? state : table.scan(state, bytes, start, end);
            note(bytes, start, end);
        }
    }

    private void note(byte[] bytes, int start, int end) {
        if (!suspect && !table.isLast(state)) {
            keepBeginning(bytes, start, end);
        } else if (hold(bytes, start, end)) {
            readEvents();
        } else {
            conclude(state);
            state = SignTable.START;
            suspect = false;
        }
    }

    /** Whether the answer is complete, or the stream itself says that it has failed. */
    public boolean seen() {
        if (plain != null) {
            return plain.isComplete();
        }
        if (!seen && suspect) {
            // Its blank line is missing, but there may be all that matters.
            read(0, length, false);
        }
        return seen;
    }

    /** Whether the stream itself says that it has failed, before it said that the answer is complete. */
    public boolean failed() {
        return plain != null ? plain.isError() : seen() && failed;
    }

    /** Whether it is no stream of events at all, but plain JSON. */
    public boolean isPlainJson() {
        return plain != null;
    }

    /** Returns the index of the first byte that says something. */
    private int begin(byte[] bytes, int offset, int end) {
        int at = offset;
        // Bytes above ASCII, which are negative, are those of a byte order mark.
        while (at < end && bytes[at] <= ' ') {
            at++;
        }
        begun = at < end;
        if (begun && (bytes[at] == '{' || bytes[at] == '[')) {
            plain = new JsonBody();
        }
        return at;
    }

    private static boolean endsEvent(byte[] bytes, int offset, int end) {
        int last = end - 1;
        if (last <= offset || (bytes[last] != '\n' && bytes[last] != '\r')) {
            return false;
        }
        byte before = bytes[last - 1];
        return before == bytes[last] || (before == '\r' && last - 2 >= offset && bytes[last - 2] == '\n');
    }

    /** Keeps what stands behind the last blank line: its event may yet turn out to be worth reading. */
    private void keepBeginning(byte[] bytes, int offset, int end) {
        int from = end;
        while (from > offset && !endsEvent(bytes, offset, from)) {
            from--;
        }
        if (from > offset) {
            forget();
        }
        if (from < end && hold(bytes, from, end) && endsEvent(held, 0, length)) {
            forget();
        }
    }

    private void forget() {
        length = 0;
        looked = 0;
        breaks = 0;
    }

    /** Returns whether there was room for it. */
    private boolean hold(byte[] bytes, int from, int to) {
        int sum = length + to - from;
        if (sum > LONGEST_EVENT) {
            forget();
            return false;
        }
        if (sum > held.length) {
            held = Arrays.copyOf(held, Math.max(sum, 2 * held.length));
        }
        System.arraycopy(bytes, from, held, length, to - from);
        length = sum;
        return true;
    }

    /** Reads the events that are held and whole, and keeps the beginning of the next one. */
    private void readEvents() {
        int start = 0;
        for (int at = looked; at < length && !seen; at++) {
            byte next = held[at];
            if (next == '\r' || (next == '\n' && (at == 0 || held[at - 1] != '\r'))) {
                breaks++;
            } else if (next != '\n') {
                breaks = 0;
            }
            if (breaks == 2) {
                read(start, at, true);
                start = at + 1;
                breaks = 0;
            }
        }
        suspect = true;
        if (start > 0) {
            System.arraycopy(held, start, held, 0, length - start);
            length -= start;
            state = table.scan(lineStart, held, 0, length);
            suspect = table.isLast(state);
        }
        looked = length;
    }

    private void read(int from, int to, boolean whole) {
        StreamVerdict reader = verdict();
        StreamVerdict.Form form = reader.read(held, from, to);
        boolean cut = !whole && (form == StreamVerdict.Form.PART || form == StreamVerdict.Form.NONE);
        if (form != StreamVerdict.Form.WHOLE && !cut) {
            conclude(table.scan(lineStart, held, from, to));
        }
        if (!cut) {
            failed |= reader.isFailure();
            seen |= failed || reader.isComplete();
        }
    }

    private StreamVerdict verdict() {
        StreamVerdict reader = verdict;
        if (reader == null) {
            reader = new StreamVerdict(Objects.requireNonNull(api, "it has signs"), choices);
            verdict = reader;
        }
        return reader;
    }

    /** Takes a sign at its word. */
    private void conclude(int found) {
        failed |= table.isFailure(found);
        seen |= failed || table.isCompletion(found);
    }
}
