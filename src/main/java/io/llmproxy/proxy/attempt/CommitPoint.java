package io.llmproxy.proxy.attempt;

import io.llmproxy.protocol.StreamOpening;
import io.llmproxy.protocol.ToldError;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.UpstreamFailure;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/**
 * Holds the beginning of an event stream back for as long as it says nothing but that an answer has begun: until the first
 * content, another upstream can still take over without the client's noticing. After that it is the stream as it came,
 * beginning with what was held back.
 */
final class CommitPoint implements Content.Source, Invocable.Task {
    private static final int MOST_EVENTS = 64;
    private static final int MOST_BYTES = 256 * 1024;

    private final Attempt attempt;
    private final Response upstreamResponse;
    private final Content.Source source;
    private final StreamOpening opening;
    private final Owner owner;
    private final long since = System.nanoTime();
    private final ReentrantLock lock = new ReentrantLock();

    private @Nullable ByteArrayOutputStream held = new ByteArrayOutputStream();
    private boolean demanded;
    private boolean ended;
    private @Nullable Runnable waiting;
    private volatile boolean decided;
    private volatile long lastPiece = since;

    /** Waits for the decision: one of the two is called, once. */
    interface Owner {
        /** The stream is worth being passed on, or cannot be held back any longer. */
        void reached(CommitPoint point);

        /** The stream broke off before it said anything. */
        void missed(CommitPoint point, UpstreamFailure failure);
    }

    CommitPoint(Attempt attempt, Response upstreamResponse, Content.Source source, StreamOpening opening, Owner owner) {
        this.attempt = attempt;
        this.upstreamResponse = upstreamResponse;
        this.source = source;
        this.opening = opening;
        this.owner = owner;
    }

    Attempt attempt() {
        return attempt;
    }

    Response upstreamResponse() {
        return upstreamResponse;
    }

    /** The error that the stream consists of; null if it says something else. */
    @Nullable ToldError error() {
        return opening.error();
    }

    /** The HTTP status of the error that the stream consists of, or 0. */
    int refusal() {
        return opening.refusal();
    }

    /** What was held back, until it is read. */
    byte[] beginning() {
        lock.lock();
        try {
            return held == null ? new byte[0] : held.toByteArray();
        } finally {
            lock.unlock();
        }
    }

    /** Whether it is content that the decision was about: not an error, and not that it took too long or was too much. */
    boolean hasContent() {
        return decided && opening.isOver() && opening.refusal() == 0;
    }

    /** When the stream began, in nanoseconds. */
    long since() {
        return since;
    }

    /** When the upstream last sent something, in nanoseconds. */
    long lastPiece() {
        return lastPiece;
    }

    boolean isDecided() {
        return decided;
    }

    /** The upstream has sent something: the callback of a demand. Also begins to look. */
    @Override
    public void run() {
        Runnable reader = null;
        UpstreamFailure failure = null;
        boolean reached = false;
        boolean waits = false;
        lock.lock();
        try {
            demanded = false;
            if (decided) {
                reader = waiting;
                waiting = null;
            } else {
                failure = look();
                reached = decided && failure == null;
                waits = !decided;
                demanded = waits;
            }
        } finally {
            lock.unlock();
        }
        if (reader != null) {
            reader.run();
        } else if (failure != null) {
            owner.missed(this, failure);
        } else if (reached) {
            owner.reached(this);
        } else if (waits) {
            source.demand(this);
        }
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }

    /** Reads what is there until that decides the matter; returns why the stream has broken off, if it has. */
    private @Nullable UpstreamFailure look() {
        while (!decided) {
            Content.Chunk chunk = source.read();
            if (chunk == null) {
                return null;
            }
            lastPiece = System.nanoTime();
            if (Content.Chunk.isFailure(chunk)) {
                decided = true;
                return UpstreamFailure.of(chunk.getFailure(), UpstreamFailure.Progress.SENDING);
            }
            ended = chunk.isLast();
            hold(chunk);
            if (ended && !opening.isOver()) {
                decided = true;
                opening.end();
                return opening.isOver() ? null : new UpstreamFailure(ProxyError.RESET);
            }
        }
        return null;
    }

    private void hold(Content.Chunk chunk) {
        ByteBuffer piece = chunk.getByteBuffer();
        byte[] bytes = new byte[piece.remaining()];
        piece.get(bytes);
        chunk.release();
        opening.scan(bytes, 0, bytes.length);
        if (held != null) {
            held.writeBytes(bytes);
            decided = opening.isOver() || opening.events() >= MOST_EVENTS || held.size() >= MOST_BYTES;
        }
    }

    /** Waits no longer. */
    void expire() {
        lock.lock();
        try {
            if (decided) {
                return;
            }
            decided = true;
        } finally {
            lock.unlock();
        }
        owner.reached(this);
    }

    @Override
    public Content.@Nullable Chunk read() {
        lock.lock();
        try {
            if (held != null && held.size() > 0) {
                ByteBuffer beginning = ByteBuffer.wrap(held.toByteArray());
                held = null;
                return Content.Chunk.from(beginning, ended);
            }
            held = null;
            if (ended) {
                return Content.Chunk.EOF;
            }
            // What was demanded before will be told: until then there is nothing.
            return demanded ? null : source.read();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void demand(Runnable callback) {
        lock.lock();
        try {
            if (demanded) {
                waiting = callback;
                return;
            }
        } finally {
            lock.unlock();
        }
        source.demand(callback);
    }

    @Override
    public void fail(Throwable failure) {
        source.fail(failure);
    }
}
