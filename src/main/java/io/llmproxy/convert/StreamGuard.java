package io.llmproxy.convert;

import io.llmproxy.convert.codec.StreamEncoder;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.StreamEvents;
import io.llmproxy.convert.model.Usage;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the two halves of a stream: what all dialects demand alike is seen to here. An error before anything was
 * written is kept back, so that it can still become a status.
 */
final class StreamGuard implements StreamEvents {
    private static final int MOST_CALLS = 1024;

    private final StreamEncoder encoder;
    private final @Nullable ThoughtRecorder recorder;
    private final long choices;
    private final BitSet called = new BitSet(1);
    private final BitSet refused = new BitSet(1);
    private final BitSet ended = new BitSet(1);
    private int calls;
    private boolean begun;
    private boolean committed;
    private boolean over;
    private boolean whole;
    private boolean badCall;
    private boolean stopped;
    private @Nullable String upstreamId;
    private @Nullable Usage usage;
    private @Nullable Fault fault;

    /**
     * @param recorder remembers what the model thinks; null if nothing does
     * @param choices how many answers were asked for
     */
    StreamGuard(StreamEncoder encoder, @Nullable ThoughtRecorder recorder, long choices) {
        this.encoder = encoder;
        this.recorder = recorder;
        this.choices = choices;
    }

    StreamGuard(StreamEncoder encoder) {
        this(encoder, null, 1);
    }

    /** Returns about how many bytes are kept to be remembered. */
    long held() {
        return recorder == null ? 0 : recorder.held();
    }

    boolean isOver() {
        return over;
    }

    boolean isWhole() {
        return whole;
    }

    boolean isStopped() {
        return stopped;
    }

    boolean isEnding() {
        return ended.cardinality() >= choices;
    }

    boolean isCommitted() {
        return committed;
    }

    @Nullable Usage usage() {
        return usage;
    }

    @Nullable String upstreamId() {
        return upstreamId;
    }

    /** Returns the error that the stream ended with; null if there was none. */
    @Nullable Fault fault() {
        return fault;
    }

    @Override
    public void begin(@Nullable String id, @Nullable Usage known) {
        if (!begun) {
            begun = true;
            upstreamId = id;
            usage = known;
            encoder.begin(id, known);
        }
    }

    @Override
    public void open(int choice, int part, Kind kind) {
        if (over) {
            return;
        }
        ensureBegun();
        if (kind == Kind.REFUSAL) {
            refused.set(choice);
        }
        encoder.open(choice, part, kind);
        if (recorder != null) {
            recorder.open(choice, part, kind);
        }
        commit();
    }

    @Override
    public void openCall(int choice, int part, String id, String name, @Nullable Opaque opaque) {
        if (over) {
            return;
        }
        if (++calls > MOST_CALLS) {
            failure(Fault.of(Fault.Cause.BAD_ANSWER, 502, "the model called too many tools"));
            return;
        }
        ensureBegun();
        called.set(choice);
        encoder.openCall(choice, part, id, name, opaque);
        if (recorder != null) {
            recorder.openCall(choice, id, opaque);
        }
        commit();
    }

    @Override
    public void delta(int choice, int part, String text) {
        if (over) {
            return;
        }
        encoder.delta(choice, part, text);
        if (recorder != null) {
            recorder.delta(choice, part, text);
        }
        commit();
        Fault objection = encoder.objection();
        if (objection != null) {
            failure(objection);
        }
    }

    @Override
    public void sign(int choice, int part, Opaque opaque) {
        if (over) {
            return;
        }
        encoder.sign(choice, part, opaque);
        if (recorder != null) {
            recorder.sign(choice, part, opaque);
        }
        commit();
    }

    @Override
    public void close(int choice, int part) {
        if (over) {
            return;
        }
        encoder.close(choice, part);
        commit();
    }

    @Override
    public void stop(int choice, Stop stop) {
        if (over) {
            return;
        }
        ensureBegun();
        stopped = true;
        ended.set(choice);
        badCall |= stop.reason() == Stop.Reason.BAD_TOOL_CALL;
        encoder.stop(choice, stop.after(called.get(choice)).afterRefusal(refused.get(choice)));
        commit();
    }

    @Override
    public void usage(Usage known) {
        usage = known;
        if (!over) {
            encoder.usage(known);
        }
    }

    @Override
    public void failure(Fault reason) {
        if (over) {
            return;
        }
        over = true;
        fault = reason;
        if (committed) {
            encoder.failure(reason);
        }
    }

    /** Tells the client in its stream what went wrong, even if nothing else was written to it. */
    void breakOff(Fault reason) {
        failure(reason);
        Fault known = fault;
        if (known != null && !committed) {
            ensureBegun();
            committed = true;
            encoder.failure(known);
        }
    }

    @Override
    public void finish() {
        if (over) {
            return;
        }
        if (badCall) {
            failure(Fault.of(Fault.Cause.BAD_ANSWER, 502, "the model returned an invalid tool call"));
            return;
        }
        Fault objection = encoder.ending();
        if (objection != null) {
            failure(objection);
            return;
        }
        ensureBegun();
        explainEnds();
        over = true;
        whole = true;
        if (recorder != null) {
            recorder.finish();
        }
        encoder.finish();
        commit();
    }

    /** Some servers end a stream without a reason; what the model did tells the client what to do next. */
    private void explainEnds() {
        BitSet open = (BitSet) called.clone();
        open.or(refused);
        open.andNot(ended);
        open.stream()
                .forEach(choice -> encoder.stop(
                        choice,
                        new Stop(Stop.Reason.UNKNOWN).after(called.get(choice)).afterRefusal(refused.get(choice))));
    }

    private void ensureBegun() {
        begin(null, null);
    }

    private void commit() {
        committed |= encoder.written().size() > 0;
    }
}
