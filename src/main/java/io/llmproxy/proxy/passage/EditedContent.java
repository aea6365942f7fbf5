package io.llmproxy.proxy.passage;

import io.llmproxy.protocol.ModelRewriter;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** An answer that is changed as it passes. Pieces in which nothing changes pass as they are. */
final class EditedContent implements Content.Source {
    private final Content.Source source;
    private final Edit edit;
    private Content.@Nullable Chunk first;
    private Content.@Nullable Chunk whole;
    private boolean ended;

    /**
     * @param source the upstream's answer
     * @param first what was read of it already, or null
     * @param edit what changes
     */
    EditedContent(Content.Source source, Content.@Nullable Chunk first, Edit edit) {
        this.source = source;
        this.first = first;
        this.edit = edit;
    }

    /** Changes pieces; it may keep back a part of one until it knows what becomes of it. */
    interface Edit {
        /** Takes the next piece, and hands what becomes of it to the sink. */
        void accept(byte[] bytes, int offset, int length, ModelRewriter.Sink sink);

        /** There are no more pieces: hands what was kept back to the sink. */
        void finish(ModelRewriter.Sink sink);
    }

    /**
     * Changes at once an answer that has come in one piece, so that its length is known.
     *
     * @param length the number of bytes that the upstream sends, or -1 if it does not say
     * @return how many there are then, or -1 if there may be more to come
     */
    long editWhole(long length) {
        Content.Chunk chunk = first;
        if (chunk == null || chunk.remaining() != length) {
            return -1;
        }
        first = null;
        Content.Chunk edited = edit(chunk, true);
        ended = edited.isLast();
        whole = edited;
        return edited.remaining();
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
            Content.Chunk edited = edit(chunk, chunk.isLast());
            ended = edited.isLast();
            if (ended || edited.hasRemaining()) {
                return edited;
            }
        }
        return Content.Chunk.EOF;
    }

    private Content.@Nullable Chunk next() {
        Content.Chunk chunk = first;
        first = null;
        return chunk == null ? source.read() : chunk;
    }

    private Content.Chunk edit(Content.Chunk chunk, boolean finished) {
        ByteBuffer piece = chunk.getByteBuffer();
        byte[] bytes = piece.hasArray() ? piece.array() : new byte[piece.remaining()];
        int offset = piece.hasArray() ? piece.arrayOffset() + piece.position() : 0;
        if (!piece.hasArray()) {
            piece.duplicate().get(bytes);
        }
        Edited edited = new Edited(piece.remaining());
        edit.accept(bytes, offset, piece.remaining(), edited);
        if (finished) {
            edit.finish(edited);
        }
        if (edited.is(bytes, offset, piece.remaining())) {
            return chunk;
        }
        Content.Chunk changed = Content.Chunk.from(edited.toBuffer(), chunk.isLast());
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
    private static final class Edited implements ModelRewriter.Sink {
        /** Most names are shorter, so that there is room for one in the place of another. */
        private static final int SPARE = 64;

        private final int expected;
        private byte[] copy = {};
        private int copied;
        private byte[] bytes = {};
        private int offset;
        private int length;

        /** @param expected how many bytes come, or some more */
        Edited(int expected) {
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
