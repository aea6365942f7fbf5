package io.llmproxy.proxy.body;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** The content of an upstream's request that is there as a whole. Jetty holds on to it until the answer ends, so what has been sent is forgotten. */
final class KeptContent implements Request.Content {
    private final Deque<ByteBuffer> unsent;
    private final long length;
    private volatile @Nullable Throwable failed;

    /** @param pieces all of the content */
    KeptContent(List<ByteBuffer> pieces) {
        this.unsent = new ArrayDeque<>(pieces);
        this.length = pieces.stream().mapToLong(ByteBuffer::remaining).sum();
    }

    @Override
    public long getLength() {
        return length;
    }

    @Override
    public Content.Chunk read() {
        Throwable cause = failed;
        if (cause != null) {
            return Content.Chunk.from(cause, true);
        }
        ByteBuffer next = unsent.poll();
        return next == null ? Content.Chunk.EOF : Content.Chunk.from(next, unsent.isEmpty());
    }

    @Override
    public void demand(Runnable callback) {
        callback.run();
    }

    /** What is sent must not look as if it ended here. */
    @Override
    public void fail(Throwable cause) {
        failed = cause;
    }
}
