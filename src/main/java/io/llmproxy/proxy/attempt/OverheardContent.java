package io.llmproxy.proxy.attempt;

import io.llmproxy.protocol.ErrorBody;
import io.llmproxy.protocol.ToldError;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * An upstream's answer as it comes, which may tell an error in its body. The error is told at the end, whether or not a client reads the
 * answer; no byte is changed, and none waits. An error that is longer than others ever are is not understood.
 */
final class OverheardContent implements Content.Source {
    private static final int MOST_BYTES = 64 * 1024;

    /** So much of a piece shows whether it begins like an error. */
    private static final int FEW_BYTES = 32;

    private final Content.Source source;
    private final boolean certain;
    private final Consumer<ToldError> hearer;
    private @Nullable ByteArrayOutputStream heard = new ByteArrayOutputStream();

    /**
     * @param certain whether it is an error by its status, however it begins
     * @param hearer is told the error, once at most
     */
    OverheardContent(Content.Source source, boolean certain, Consumer<ToldError> hearer) {
        this.source = source;
        this.certain = certain;
        this.hearer = hearer;
    }

    @Override
    public Content.@Nullable Chunk read() {
        Content.Chunk chunk = source.read();
        ByteArrayOutputStream before = heard;
        if (chunk != null && before != null) {
            if (Content.Chunk.isFailure(chunk)) {
                heard = null;
            } else {
                hear(before, chunk);
            }
        }
        return chunk;
    }

    private void hear(ByteArrayOutputStream before, Content.Chunk chunk) {
        ByteBuffer piece = chunk.getByteBuffer().duplicate();
        boolean mayBeError =
                certain || before.size() >= ErrorBody.LONGEST_PREFIX || mayBeError(before, piece.duplicate());
        if (!mayBeError || before.size() + piece.remaining() > MOST_BYTES) {
            heard = null;
            return;
        }
        byte[] bytes = new byte[piece.remaining()];
        piece.get(bytes);
        before.writeBytes(bytes);
        if (chunk.isLast()) {
            heard = null;
            ToldError error = ToldError.of(before.toByteArray());
            if (error != null) {
                hearer.accept(error);
            }
        }
    }

    /** Most answers are none, and the beginning of the first piece shows that. */
    private static boolean mayBeError(ByteArrayOutputStream before, ByteBuffer piece) {
        byte[] known = before.toByteArray();
        byte[] beginning = Arrays.copyOf(known, known.length + Math.min(piece.remaining(), FEW_BYTES));
        piece.get(beginning, known.length, beginning.length - known.length);
        return ErrorBody.mayBeError(beginning, 0, beginning.length);
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
