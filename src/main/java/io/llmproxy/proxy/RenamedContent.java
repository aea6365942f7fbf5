package io.llmproxy.proxy;

import io.llmproxy.protocol.ModelRewriter;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** An answer in which the model has the name that the client asked for. Pieces without a model pass as they are. */
final class RenamedContent implements Content.Source {
    private final Content.Source source;
    private final ModelRewriter rewriter;
    private Content.@Nullable Chunk first;
    private Content.@Nullable Chunk whole;
    private boolean ended;

    /**
     * @param source the upstream's answer
     * @param first what was read of it already, or null
     * @param rewriter puts the name in its place
     */
    RenamedContent(Content.Source source, Content.@Nullable Chunk first, ModelRewriter rewriter) {
        this.source = source;
        this.first = first;
        this.rewriter = rewriter;
    }

    /**
     * Renames at once an answer that has come in one piece, so that its length is known.
     *
     * @param length the number of bytes that the upstream sends, or -1 if it does not say
     * @return how many there are then, or -1 if there may be more to come
     */
    long renameWhole(long length) {
        Content.Chunk chunk = first;
        if (chunk == null || chunk.remaining() != length) {
            return -1;
        }
        first = null;
        Content.Chunk renamed = rename(chunk, true);
        ended = renamed.isLast();
        whole = renamed;
        return renamed.remaining();
    }

    @Override
    public Content.@Nullable Chunk read() {
        Content.Chunk all = whole;
        if (all != null) {
            whole = null;
            return all;
        }
        while (!ended) {
            Content.Chunk chunk = next();
            if (chunk == null || Content.Chunk.isFailure(chunk)) {
                return chunk;
            }
            Content.Chunk renamed = rename(chunk, chunk.isLast());
            ended = renamed.isLast();
            if (ended || renamed.hasRemaining()) {
                return renamed;
            }
        }
        return Content.Chunk.EOF;
    }

    private Content.@Nullable Chunk next() {
        Content.Chunk chunk = first;
        first = null;
        return chunk == null ? source.read() : chunk;
    }

    private Content.Chunk rename(Content.Chunk chunk, boolean finished) {
        ByteBuffer piece = chunk.getByteBuffer();
        byte[] bytes = piece.hasArray() ? piece.array() : new byte[piece.remaining()];
        int offset = piece.hasArray() ? piece.arrayOffset() + piece.position() : 0;
        if (!piece.hasArray()) {
            piece.duplicate().get(bytes);
        }
        Renamed renamed = new Renamed(piece.remaining());
        rewriter.accept(bytes, offset, piece.remaining(), renamed);
        if (finished) {
            rewriter.finish(renamed);
        }
        if (renamed.is(bytes, offset, piece.remaining())) {
            return chunk;
        }
        Content.Chunk changed = Content.Chunk.from(renamed.toBuffer(), chunk.isLast());
        chunk.release();
        return changed;
    }

    @Override
    public void demand(Runnable callback) {
        source.demand(callback);
    }

    @Override
    public void fail(Throwable failure) {
        source.fail(failure);
    }

    /** What becomes of a piece: one range of it as long as nothing was changed, else a copy. */
    private static final class Renamed implements ModelRewriter.Sink {
        /** Most names are shorter, so that there is room for one in the place of another. */
        private static final int SPARE = 64;

        private final int expected;
        private byte[] copy = {};
        private int copied;
        private byte[] bytes = {};
        private int offset;
        private int length;

        /** @param expected how many bytes come, or some more */
        Renamed(int expected) {
            this.expected = expected;
        }

        @Override
        public void accept(byte[] next, int from, int count) {
            if (length > 0 || copied > 0) {
                append(bytes, offset, length);
                length = 0;
                append(next, from, count);
            } else {
                bytes = next;
                offset = from;
                length = count;
            }
        }

        private void append(byte[] source, int from, int count) {
            if (count > copy.length - copied) {
                copy = Arrays.copyOf(copy, Math.max(Math.max(2 * copy.length, expected + SPARE), copied + count));
            }
            System.arraycopy(source, from, copy, copied, count);
            copied += count;
        }

        /** Whether it is the piece itself. */
        boolean is(byte[] piece, int from, int count) {
            return copied == 0 && length == count && (count == 0 || (bytes == piece && offset == from));
        }

        ByteBuffer toBuffer() {
            append(bytes, offset, length);
            length = 0;
            return ByteBuffer.wrap(copy, 0, copied);
        }
    }
}
