package io.llmproxy.proxy.attempt;

import io.llmproxy.proxy.body.BufferBudget;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.error.UpstreamFailure;
import java.util.Arrays;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.thread.Invocable;

/**
 * Collects an answer that can only be converted as a whole. Until it is there the client has seen nothing of it. What it
 * takes, what its conversion takes, and what the converted answer takes until it is sent, is counted in the common budget.
 */
final class WholeContent implements Invocable.Task {
    /** Images that a model has made come to some megabytes, in base64. */
    private static final int MOST_BYTES = 64 * 1024 * 1024;

    /**
     * How many times its length the conversion of an answer takes beside it: its strings, what is made of them, and the buffer
     * they are written to.
     */
    private static final int CONVERSION = 5;

    private static final int FIRST_BYTES = 4 * 1024;
    private static final Refusal NO_ROOM = new Refusal(
            ProxyError.OVERLOADED,
            "The gateway has no room for the upstream's answer at the moment; try again.",
            Refusal.SOON.toNanos(),
            false);
    private static final Refusal TOO_LARGE = new Refusal(
            ProxyError.BAD_RESPONSE,
            "The upstream's answer is larger than 64 MiB, so the gateway cannot convert it.",
            0,
            true);

    private final Attempt attempt;
    private final Response upstreamResponse;
    private final Content.Source source;
    private final BufferBudget.Share share;
    private final Owner owner;
    private byte[] collected = {};
    private int count;
    private long taken;
    private volatile long lastPiece = System.nanoTime();
    private volatile boolean over;

    /** Waits for the answer: one of the three is called, once. */
    interface Owner {
        /** All of it is there. */
        void collected(WholeContent content, byte[] whole);

        /** It broke off. */
        void missed(WholeContent content, UpstreamFailure failure);

        /** It is not kept, because it is too large, or because there is no room for it. */
        void outgrown(WholeContent content, Refusal refusal);
    }

    /** @param share what the exchange keeps in memory */
    WholeContent(
            Attempt attempt, Response upstreamResponse, Content.Source source, BufferBudget.Share share, Owner owner) {
        this.attempt = attempt;
        this.upstreamResponse = upstreamResponse;
        this.source = source;
        this.share = share;
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

    /** The answer is of no use. */
    void discard() {
        share.giveBack(taken);
        taken = 0;
        collected = new byte[0];
    }

    private boolean tryTake(long bytes) {
        boolean granted = share.tryTake(bytes);
        taken += granted ? bytes : 0;
        return granted;
    }

    private void giveBack(long bytes) {
        share.giveBack(bytes);
        taken -= bytes;
    }

    /** Only so much is kept from here on. */
    void keep(long bytes) {
        giveBack(Math.max(0, taken - bytes));
    }

    /** Reads what is there. */
    @Override
    public void run() {
        try {
            collect();
        } catch (OutOfMemoryError e) {
            // The heap may be too much in pieces for an array of this length.
            if (over) {
                throw e;
            }
            giveUp(NO_ROOM);
        }
    }

    private void collect() {
        long length = upstreamResponse.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
        if (count == 0 && length > 0 && !makeRoom(length)) {
            return;
        }
        while (true) {
            Content.Chunk chunk = source.read();
            if (chunk == null) {
                source.demand(this);
                return;
            }
            lastPiece = System.nanoTime();
            if (Content.Chunk.isFailure(chunk)) {
                over = true;
                discard();
                owner.missed(this, UpstreamFailure.of(chunk.getFailure(), UpstreamFailure.Progress.SENDING));
                return;
            }
            boolean last = chunk.isLast();
            if (!keep(chunk)) {
                return;
            }
            if (last) {
                finish();
                return;
            }
        }
    }

    private boolean keep(Content.Chunk chunk) {
        int more = chunk.remaining();
        try {
            if (!makeRoom((long) count + more)) {
                return false;
            }
            chunk.getByteBuffer().get(collected, count, more);
            count += more;
            return true;
        } finally {
            chunk.release();
        }
    }

    /** Sees to it that some bytes in all have room; else the answer is given up. */
    private boolean makeRoom(long bytes) {
        if (bytes <= collected.length) {
            return true;
        }
        if (bytes > MOST_BYTES) {
            giveUp(TOO_LARGE);
            return false;
        }
        int doubled = count == 0 ? 0 : Math.max(FIRST_BYTES, 2 * collected.length);
        int size = (int) Math.min(MOST_BYTES, Math.max(bytes, doubled));
        if (!tryTake(size)) {
            giveUp(NO_ROOM);
            return false;
        }
        giveBack(collected.length);
        collected = Arrays.copyOf(collected, size);
        return true;
    }

    private void finish() {
        int length = count;
        if (!tryTake((long) length * CONVERSION)) {
            giveUp(NO_ROOM);
            return;
        }
        byte[] whole = collected.length == length ? collected : Arrays.copyOf(collected, length);
        giveBack(collected.length - length);
        collected = new byte[0];
        over = true;
        owner.collected(this, whole);
    }

    private void giveUp(Refusal refusal) {
        over = true;
        discard();
        attempt.abort(new UpstreamFailure(refusal.error()));
        owner.outgrown(this, refusal);
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }
}
