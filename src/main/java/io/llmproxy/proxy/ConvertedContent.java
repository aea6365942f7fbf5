package io.llmproxy.proxy;

import io.llmproxy.convert.StreamConverter;
import io.llmproxy.convert.json.JsonBuffer;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** An upstream's stream as a client of another API reads it: each event is out as soon as the upstream's is whole. */
final class ConvertedContent implements Content.Source {
    private final Content.Source source;
    private final StreamConverter converter;
    private Content.@Nullable Chunk first;
    private boolean ended;
    private boolean cut;

    /**
     * @param source the upstream's stream
     * @param first what was read of it already, or null
     */
    ConvertedContent(Content.Source source, Content.@Nullable Chunk first, StreamConverter converter) {
        this.source = source;
        this.first = first;
        this.converter = converter;
    }

    @Override
    public Content.@Nullable Chunk read() {
        while (!ended) {
            if (cut) {
                return Content.Chunk.from(new UpstreamFailure(failure()), true);
            }
            Content.Chunk chunk = next();
            if (chunk == null || Content.Chunk.isFailure(chunk)) {
                return chunk;
            }
            byte[] converted = convert(chunk);
            if (ended || converted.length > 0) {
                return Content.Chunk.from(ByteBuffer.wrap(converted), ended);
            }
        }
        return Content.Chunk.EOF;
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
        // An error that the upstream began with is not in the client's stream: the relay tells it.
        cut = converter.fault() != null && !converter.isCommitted();
        if (last && !cut) {
            cut = !converter.isOver() && !converter.isStopped();
            out = cut ? out : joined(out, converter.isOver() ? new byte[0] : copy(converter.end()));
            ended = !cut;
        }
        return out;
    }

    private ProxyError failure() {
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
