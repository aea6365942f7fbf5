package io.llmproxy.telemetry;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What became of spans, or of points of metrics. So many spans may wait to be sent; further ones are dropped and counted. */
public final class Exports {
    static final int MOST = 2048;

    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong lastSuccess = new AtomicLong();

    /** How many the collector has taken. */
    public long sent() {
        return sent.get();
    }

    /** How many there was no room for, or the collector did not take. */
    public long dropped() {
        return dropped.get();
    }

    /** When the collector last took some, in milliseconds since 1970; 0 if never. */
    public long lastSuccess() {
        return lastSuccess.get();
    }

    boolean enter() {
        if (waiting.incrementAndGet() <= MOST) {
            return true;
        }
        waiting.decrementAndGet();
        dropped.incrementAndGet();
        return false;
    }

    void taken(int count) {
        waiting.addAndGet(-count);
    }

    /** So many were sent at once, and the collector has taken them or not. */
    public void ended(int count, boolean success) {
        (success ? sent : dropped).addAndGet(count);
        if (success) {
            lastSuccess.set(System.currentTimeMillis());
        }
    }
}
