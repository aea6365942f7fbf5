package io.llmproxy.protocol;

import io.llmproxy.protocol.EventStreamReader.Part;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Watches an event stream pass by for the sign that its answer is complete. A connection that is closed in order says
 * nothing: a server that dies, or a proxy before it, may close one in the middle of an answer.
 *
 * <p>The signs are looked for in the raw bytes, without the spaces. Each has a quotation mark in it, or stands at the start
 * of a line, and so cannot be part of what a model says: within a JSON string both would be escaped. A sign only tells which
 * event is worth reading: what it means is found out by reading that event as JSON ({@link StreamVerdict}), so that most
 * events cost one look at each byte: 150 to 180 ns for 200 bytes, where reading them as JSON takes 300 to 560. This look stays
 * beside {@link EventStreamReader}, which only tells where events end. What is no JSON means what its sign says.
 *
 * <p>Some servers announce an event stream and send plain JSON. That is complete when the JSON is. Not safe for use by several
 * threads at once.
 */
public final class StreamEnd implements AnswerEnd {
    /** An event that is longer is not read as JSON. */
    private static final int LONGEST_EVENT = 256 * 1024;

    private static final byte[] NO_BYTES = {};

    /** What is kept for the next event that is cut, of the memory that the last one took. */
    private static final int KEPT = 16 * 1024;

    private final EventStreamReader lines = new EventStreamReader();
    private final SignTable table;
    private final int lineStart;
    private final @Nullable StreamApi api;
    private final int choices;
    private int state;
    private boolean begun;
    private @Nullable JsonBody plain;
    /** Made when there is something to read. */
    private @Nullable StreamVerdict verdict;

    private Meaning meaning;

    /** The beginning of an event whose end is yet to come. */
    private byte[] held = NO_BYTES;

    private int length;
    /** Whether a sign was seen in the event. */
    private boolean suspect;
    /** Whether the event has more bytes than are read as JSON. */
    private boolean overlong;

    /** What the stream has said of its end. */
    private enum Meaning {
        /** Nothing: there is more to come. */
        OPEN,
        /** The answer is complete. */
        COMPLETE,
        /** The answer has failed. */
        FAILED
    }

    private StreamEnd(SignTable table, @Nullable StreamApi api, int choices) {
        this.table = table;
        this.api = api;
        this.choices = choices;
        this.meaning = table.isEmpty() ? Meaning.COMPLETE : Meaning.OPEN;
        // The stream begins with a line.
        this.lineStart = table.next(SignTable.START, (byte) '\n');
        this.state = lineStart;
    }

    /**
     * Returns what to watch a stream with.
     *
     * @param endpoint what the request is for; a stream of an unknown form is complete when it is closed
     */
    public static StreamEnd of(Endpoint endpoint) {
        return of(endpoint, 1);
    }

    /**
     * Returns what to watch a stream with.
     *
     * @param endpoint what the request is for; a stream of an unknown form is complete when it is closed
     * @param choices how many answers the request asks for; more may turn up, and have to be finished as well
     */
    public static StreamEnd of(Endpoint endpoint, int choices) {
        StreamApi api = endpoint.streamApi();
        return new StreamEnd(EndSigns.of(api), api, choices);
    }

    /** Returns what to watch an unknown stream with: it is complete when it is closed. */
    public static StreamEnd unknown() {
        return new StreamEnd(EndSigns.of(null), null, 1);
    }

    @Override
    public void scan(byte[] bytes, int offset, int count) {
        int end = offset + count;
        int from = begun || isSettled() ? offset : begin(bytes, offset, end);
        if (plain != null) {
            plain.scan(bytes, from, end);
            return;
        }
        lines.input(bytes, offset, end);
        for (Part part = lines.next(); part != Part.MORE; part = lines.next()) {
            if ((part == Part.EVENT_END || part == Part.BLANK) && lines.position() > from) {
                endEvent(bytes, from, lines.position());
                from = lines.position();
            }
        }
        if (!isSettled() && from < end) {
            look(bytes, from, end);
            hold(bytes, from, end);
        }
    }

    /** Whether something may be put in here, between two events. */
    public boolean isBetweenEvents() {
        return plain == null && lines.isBetweenEvents();
    }

    /** Whether nothing that comes can change the meaning. Choices that have all ended may still be followed by another one. */
    private boolean isSettled() {
        StreamVerdict reader = verdict;
        return switch (meaning) {
            case OPEN -> false;
            case COMPLETE -> reader == null || reader.progress().isOver();
            case FAILED -> true;
        };
    }

    private void endEvent(byte[] bytes, int from, int to) {
        if (!isSettled()) {
            look(bytes, from, to);
        }
        if (suspect && length > 0) {
            hold(bytes, from, to);
        }
        if (suspect) {
            meaning = length > 0 ? read(held, 0, length, true) : read(bytes, from, to, true);
        }
        forget();
        suspect = false;
        overlong = false;
        state = lineStart;
    }

    private void look(byte[] bytes, int from, int to) {
        if (!suspect) {
            state = table.scan(state, bytes, from, to);
            suspect = table.isLast(state);
            if (overlong) {
                believe();
            }
        }
    }

    /** Takes a sign at its word, as the event around it cannot be read. */
    private void believe() {
        if (suspect) {
            meaning = meaningOf(state);
            state = SignTable.START;
            suspect = false;
        }
    }

    @Override
    public boolean seen() {
        return plain != null ? plain.isComplete() : meaning() != Meaning.OPEN;
    }

    @Override
    public boolean failed() {
        return plain != null ? plain.isError() : meaning() == Meaning.FAILED;
    }

    /** What the stream means if it ends here: the blank line of its last event may be missing, but all that matters is there. */
    private Meaning meaning() {
        if (isSettled()) {
            return meaning;
        }
        StreamVerdict reader = verdict;
        if (suspect) {
            // More may come, so that what half an event says must not count for good.
            AnswerProgress progress = verdict().progress();
            verdict().resume(progress.copy());
            Meaning soFar = read(held, 0, length, false);
            verdict().resume(progress);
            if (soFar != Meaning.OPEN) {
                return soFar;
            }
            reader = verdict;
        }
        if (meaning == Meaning.COMPLETE) {
            return meaning;
        }
        boolean known =
                api != StreamApi.COHERE || (reader != null && reader.progress().isRecognized());
        return known ? Meaning.OPEN : Meaning.COMPLETE;
    }

    /** Whether there was a sign that the model has stopped, so that nothing but usage may follow. */
    public boolean hasStopped() {
        return plain == null && !table.isEmpty() && meaning == Meaning.COMPLETE;
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

    private void forget() {
        length = 0;
        held = held.length > KEPT ? NO_BYTES : held;
    }

    private void hold(byte[] bytes, int from, int to) {
        int sum = length + to - from;
        if (overlong || sum > LONGEST_EVENT) {
            overlong = true;
            forget();
            believe();
            return;
        }
        if (sum > held.length) {
            held = Arrays.copyOf(held, Math.max(sum, 2 * held.length));
        }
        System.arraycopy(bytes, from, held, length, to - from);
        length = sum;
    }

    private Meaning read(byte[] bytes, int from, int to, boolean whole) {
        StreamVerdict reader = verdict();
        StreamVerdict.Form form = reader.read(bytes, from, to);
        if (!whole && (form == StreamVerdict.Form.PART || form == StreamVerdict.Form.NONE)) {
            return Meaning.OPEN;
        }
        AnswerProgress progress = reader.progress();
        Meaning told = progress.isFailed() ? Meaning.FAILED : progress.isComplete() ? Meaning.COMPLETE : Meaning.OPEN;
        // A sign in what cannot be read is taken at its word.
        return form == StreamVerdict.Form.WHOLE || told == Meaning.FAILED
                ? told
                : worse(told, meaningOf(table.scan(lineStart, bytes, from, to)));
    }

    private static Meaning worse(Meaning one, Meaning other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private StreamVerdict verdict() {
        StreamVerdict reader = verdict;
        if (reader == null) {
            reader = new StreamVerdict(Objects.requireNonNull(api, "it has signs"), choices);
            verdict = reader;
        }
        return reader;
    }

    private Meaning meaningOf(int found) {
        if (table.isFailure(found)) {
            return Meaning.FAILED;
        }
        return table.isCompletion(found) ? Meaning.COMPLETE : Meaning.OPEN;
    }
}
