package io.llmproxy.proxy.attempt;

import io.llmproxy.protocol.ErrorBody;
import io.llmproxy.protocol.ToldError;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * An upstream's answer as it comes, which may tell an error in its body. The error is told at the end, whether or not a client reads the
 * answer; no byte is changed, and none waits. An error that is longer than others ever are is not understood.
 */
final class OverheardContent implements Content.Source {
    private static final int MOST_BYTES = 64 * 1024;

    private final Content.Source source;
    private final boolean certain;
    private final Consumer<ToldError> hearer;
    private boolean listening = true;
    private @Nullable ByteArrayOutputStream heard;

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
        if (chunk != null && listening) {
            listening = !Content.Chunk.isFailure(chunk) && hear(chunk.getByteBuffer());
            if (listening && chunk.isLast()) {
                listening = false;
                tell();
            }
        }
        return chunk;
    }

    /** Keeps a piece; returns whether it may be one of an error. Most answers are none, and the beginning of the first piece shows that. */
    private boolean hear(ByteBuffer piece) {
        ByteArrayOutputStream before = heard;
        int known = before == null ? 0 : before.size();
        if (known + piece.remaining() > MOST_BYTES || (!certain && known == 0 && !ErrorBody.mayBeError(piece))) {
            return false;
        }
        ByteArrayOutputStream all = before == null ? new ByteArrayOutputStream(piece.remaining()) : before;
        byte[] bytes = new byte[piece.remaining()];
        piece.get(piece.position(), bytes);
        all.writeBytes(bytes);
        heard = all;
        return certain
                || known == 0
                || known >= ErrorBody.LONGEST_PREFIX
                || ErrorBody.mayBeError(ByteBuffer.wrap(all.toByteArray()));
    }

    private void tell() {
        ToldError error = heard == null ? null : ToldError.of(heard.toByteArray());
        if (error != null) {
            hearer.accept(error);
        }
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
