package io.llmproxy.proxy;

import java.io.ByteArrayOutputStream;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.thread.Invocable;

/** Collects an answer that can only be converted as a whole. Until it is there the client has seen nothing of it. */
final class WholeContent implements Invocable.Task {
    /** Images that a model has made come to some megabytes, in base64. */
    private static final int MOST_BYTES = 64 * 1024 * 1024;

    private final Attempt attempt;
    private final Response upstreamResponse;
    private final Content.Source source;
    private final Owner owner;
    private final ByteArrayOutputStream collected = new ByteArrayOutputStream();
    private volatile long lastPiece = System.nanoTime();
    private volatile boolean over;

    /** Who waits for the answer: one of the two is called, once. */
    interface Owner {
        /** All of it is there. */
        void collected(WholeContent content, byte[] whole);

        /** It broke off, or is too large. */
        void missed(WholeContent content, UpstreamFailure failure);
    }

    WholeContent(Attempt attempt, Response upstreamResponse, Content.Source source, Owner owner) {
        this.attempt = attempt;
        this.upstreamResponse = upstreamResponse;
        this.source = source;
        this.owner = owner;
    }

    Attempt attempt() {
        return attempt;
    }

    Response upstreamResponse() {
        return upstreamResponse;
    }

    /** When the upstream last sent something, in nanoseconds. */
    long lastPiece() {
        return lastPiece;
    }

    /** Whether there is no more to wait for. */
    boolean isOver() {
        return over;
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
            lastPiece = System.nanoTime();
            if (Content.Chunk.isFailure(chunk)) {
                over = true;
                owner.missed(this, UpstreamFailure.of(chunk.getFailure(), UpstreamFailure.Progress.SENDING));
                return;
            }
            byte[] bytes = new byte[chunk.remaining()];
            chunk.getByteBuffer().get(bytes);
            boolean last = chunk.isLast();
            chunk.release();
            collected.writeBytes(bytes);
            if (last) {
                over = true;
                owner.collected(this, collected.toByteArray());
                return;
            }
            if (collected.size() > MOST_BYTES) {
                over = true;
                UpstreamFailure tooLarge = new UpstreamFailure(ProxyError.BAD_RESPONSE);
                attempt.abort(tooLarge);
                owner.missed(this, tooLarge);
                return;
            }
        }
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }
}
