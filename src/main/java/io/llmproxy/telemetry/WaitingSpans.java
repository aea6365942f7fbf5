package io.llmproxy.telemetry;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * The spans that wait to be sent by one processor. So many may wait; further ones are dropped and counted, and so is what comes or still
 * waits once nothing is sent any more.
 */
final class WaitingSpans {
    static final int MOST = 2048;

    private final Exports exports;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean closed;

    WaitingSpans(Exports exports) {
        this.exports = exports;
    }

    /** Whether there is room for one more. */
    boolean enter() {
        if (!closed && waiting.incrementAndGet() <= MOST) {
            return true;
        }
        if (!closed) {
            waiting.decrementAndGet();
        }
        exports.dropped(1);
        return false;
    }

    /** So many are being sent. */
    void taken(int count) {
        waiting.addAndGet(-count);
    }

    /** The library takes no more of them. */
    void close() {
        closed = true;
    }

    /** What waits still will not be sent. */
    void abandon() {
        closed = true;
        exports.dropped(Math.max(0, waiting.getAndSet(0)));
    }
}
