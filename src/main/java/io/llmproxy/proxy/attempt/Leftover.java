package io.llmproxy.proxy.attempt;

import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.UpstreamFailure;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.thread.Invocable;

/**
 * The body of an answer that is of no use. A short one is read to its end, so that the connection can be used again; for a
 * longer one a new connection costs less.
 */
final class Leftover implements Invocable.Task {
    private static final int MOST_BYTES = 64 * 1024;

    private final Attempt attempt;
    private final Content.Source source;
    private int bytes;

    Leftover(Attempt attempt, Content.Source source) {
        this.attempt = attempt;
        this.source = source;
    }

    /** Reads what is there. */
    @Override
    public void run() {
        while (true) {
            Content.Chunk chunk = source.read();
            if (chunk == null) {
                source.demand(this);
                return;
            }
            bytes += chunk.remaining();
            chunk.release();
            if (chunk.isLast() || Content.Chunk.isFailure(chunk)) {
                return;
            }
            if (bytes > MOST_BYTES) {
                attempt.abort(new UpstreamFailure(ProxyError.RESET));
                return;
            }
        }
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }
}
