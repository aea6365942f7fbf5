package io.llmproxy.proxy.passage;

import io.llmproxy.convert.StreamConverter;
import io.llmproxy.convert.json.JsonBuffer;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.proxy.body.BufferBudget;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.UpstreamFailure;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * An upstream's stream as a client of another API reads it: each event is out as soon as the upstream's is whole. What is kept
 * of it beyond a few kilobytes is counted in the common budget; where there is no room, the stream breaks off.
 */
final class ConvertedContent implements EndingContent {
    /** What is counted at a time, in bytes; most streams keep less. */
    private static final long STEP = 64 * 1024;

    private final Content.Source source;
    private final StreamConverter converter;
    private final BufferBudget.Share share;
    private Content.@Nullable Chunk first;
    private boolean ended;
    private boolean cut;
    private long counted;
    private boolean crowded;
    private volatile boolean ending;

    /**
     * @param source the upstream's stream
     * @param first what was read of it already, or null
     * @param share what the exchange keeps in memory
     */
    ConvertedContent(
            Content.Source source, Content.@Nullable Chunk first, StreamConverter converter, BufferBudget.Share share) {
        this.source = source;
        this.first = first;
        this.converter = converter;
        this.share = share;
    }

    @Override
    public Content.@Nullable Chunk read() {
        while (!ended) {
            if (cut) {
                return broken(new UpstreamFailure(failure()));
            }
            Content.Chunk chunk = next();
            if (chunk == null) {
                return null;
            }
            if (Content.Chunk.isFailure(chunk)) {
                return failed(UpstreamFailure.of(chunk.getFailure(), UpstreamFailure.Progress.SENDING));
            }
            byte[] converted = convert(chunk);
            if (ended || converted.length > 0) {
                return Content.Chunk.from(ByteBuffer.wrap(converted), ended);
            }
        }
        return Content.Chunk.EOF;
    }

    /** Where the model has stopped, the upstream had nothing more to say but usage. */
    private Content.Chunk failed(UpstreamFailure failure) {
        byte[] rest = converter.isEnding() && !converter.isOver() ? copy(converter.end()) : new byte[0];
        if (!converter.isOver() || !converter.isCommitted()) {
            return broken(failure);
        }
        ended = true;
        return Content.Chunk.from(ByteBuffer.wrap(rest), true);
    }

    /** The client is told in its own stream, whose numbers and names only the converter knows. */
    private Content.Chunk broken(UpstreamFailure failure) {
        return Content.Chunk.from(failure.toldBy(copy(converter.fail(fault(failure.error())))), true);
    }

    private static Fault fault(ProxyError error) {
        Fault.Cause cause = switch (error.status()) {
            case 503 -> Fault.Cause.OVERLOADED;
            case 504 -> Fault.Cause.TIMEOUT;
            default -> error.blamesUpstream() ? Fault.Cause.BAD_ANSWER : Fault.Cause.SERVER;
        };
        return new Fault(cause, error.status(), error.message(), error.code(), null, 0);
    }

    /** Returns the upstream's name for the answer; null if it has not told it. */
    @Nullable String upstreamId() {
        return converter.upstreamId();
    }

    @Override
    public boolean isEnding() {
        return ending;
    }

    private Content.@Nullable Chunk next() {
        Content.Chunk chunk = first;
        first = null;
        return chunk == null ? source.read() : chunk;
    }

    private byte[] convert(Content.Chunk chunk) {
        boolean last = chunk.isLast();
        ByteBuffer piece = chunk.getByteBuffer();
        byte[] bytes = piece.hasArray() ? piece.array() : new byte[piece.remaining()];
        int offset = piece.hasArray() ? piece.arrayOffset() + piece.position() : 0;
        if (!piece.hasArray()) {
            piece.duplicate().get(bytes);
        }
        byte[] out = copy(converter.accept(bytes, offset, piece.remaining()));
        chunk.release();
        ending = converter.isEnding() || converter.isOver();
        // An error that the upstream began with is not in the client's stream: the relay tells it.
        crowded = !counts(converter.held());
        cut = crowded || (converter.fault() != null && !converter.isCommitted());
        if (last && !cut) {
            cut = !converter.isOver() && !converter.isStopped();
            out = cut ? out : joined(out, converter.isOver() ? new byte[0] : copy(converter.end()));
            ended = !cut;
        }
        return out;
    }

    /** Counts what is kept in steps, so that a small stream counts nothing; false if there is no room for it. */
    private boolean counts(long held) {
        long wanted = held / STEP * STEP;
        long more = wanted - counted;
        if (more > 0 && !share.tryTake(more)) {
            return false;
        }
        if (more < 0) {
            share.giveBack(-more);
        }
        counted = wanted;
        return true;
    }

    private ProxyError failure() {
        if (crowded) {
            return ProxyError.OVERLOADED;
        }
        return converter.fault() == null ? ProxyError.RESET : ProxyError.BAD_RESPONSE;
    }

    private static byte[] copy(JsonBuffer written) {
        return Arrays.copyOf(written.array(), written.size());
    }

    private static byte[] joined(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    @Override
    public void demand(Runnable callback) {
        source.demand(callback);
    }

    @Override
    public void fail(Throwable failure) {
        source.fail(failure);
    }
}
