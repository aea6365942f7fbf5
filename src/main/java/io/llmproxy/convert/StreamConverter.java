package io.llmproxy.convert;

import io.llmproxy.convert.codec.Limits;
import io.llmproxy.convert.codec.StreamDecoder;
import io.llmproxy.convert.codec.StreamEncoder;
import io.llmproxy.convert.json.JsonBuffer;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Usage;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Converts one event stream while it passes. Pieces may be cut anywhere; each event is out as soon as it is whole.
 * Nothing comes out before the upstream has begun to answer: until then an error is told by {@link #fault}. Not for
 * several threads at once.
 */
public final class StreamConverter {
    private static final byte[] NOTHING = {};

    private final StreamDecoder decoder;
    private final StreamEncoder encoder;
    private final StreamGuard guard;
    private final UpstreamReader reader;

    /** @param choices how many answers were asked for */
    StreamConverter(
            StreamDecoder decoder,
            StreamEncoder encoder,
            Limits limits,
            @Nullable ThoughtRecorder recorder,
            long choices) {
        this.decoder = decoder;
        this.encoder = encoder;
        this.guard = new StreamGuard(encoder, recorder, choices);
        this.reader = new UpstreamReader(new DecodingSink(decoder, guard), limits.event());
    }

    /**
     * Takes the next piece of the upstream's stream.
     *
     * @return what the client is to be sent, which may be nothing; good until the next call
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public JsonBuffer accept(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        encoder.written().clear();
        reader.read(bytes, offset, length);
        return encoder.written();
    }

    /** The upstream's stream has ended. Returns what the client is to be sent, which may be nothing. */
    public JsonBuffer end() {
        encoder.written().clear();
        if (!guard.isOver()) {
            decoder.end(guard);
        }
        return encoder.written();
    }

    /**
     * The stream was cut when the head of its answer was out. Returns what tells the client in its stream, which is nothing if it was
     * told already: the error that the upstream has told before, if it has, else the reason.
     */
    public JsonBuffer fail(Fault reason) {
        encoder.written().clear();
        guard.breakOff(reason);
        return encoder.written();
    }

    /** Returns whether the client's stream has its end, a good one or an error; what follows is not looked at. */
    public boolean isOver() {
        return guard.isOver();
    }

    /** Returns whether the client's stream has a good end. */
    public boolean isWhole() {
        return guard.isWhole();
    }

    /** Returns whether the upstream has told of an answer why the model stopped. */
    public boolean isStopped() {
        return guard.isStopped();
    }

    /**
     * Returns whether it has told that of as many answers as were asked for, so that only usage may follow. Some upstreams leave the
     * connection open then: who does not want to wait for it calls {@link #end}.
     */
    public boolean isEnding() {
        return guard.isEnding();
    }

    /** Returns whether the client was sent anything. */
    public boolean isCommitted() {
        return guard.isCommitted();
    }

    /**
     * Returns the error that the stream ended with; null if there was none. The client has been told in the stream if
     * {@link #isCommitted}.
     */
    public @Nullable Fault fault() {
        return guard.fault();
    }

    /** Returns the tokens as far as the upstream has told; null if it has not. */
    public @Nullable Usage usage() {
        return guard.usage();
    }

    /** Returns the upstream's name for the answer; null if it has none. */
    public @Nullable String upstreamId() {
        return guard.upstreamId();
    }

    /** Returns about how many bytes are kept of the stream at the moment. */
    public long held() {
        return encoder.held() + reader.held() + guard.held();
    }

    /** Returns what may be sent now to show that the stream lives; nothing where nothing may. */
    public byte[] heartbeat() {
        return guard.isCommitted() && !guard.isOver() ? encoder.heartbeat() : NOTHING;
    }
}
