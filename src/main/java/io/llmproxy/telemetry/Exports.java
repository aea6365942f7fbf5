package io.llmproxy.telemetry;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What became of spans, or of points of metrics. */
public final class Exports {
    private static final Logger LOG = LoggerFactory.getLogger(Exports.class);

    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong lastSuccess = new AtomicLong();
    private final AtomicLong rejected = new AtomicLong();
    private final AtomicBoolean warned = new AtomicBoolean();

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

    /** So many were not even sent. */
    void dropped(int count) {
        dropped.addAndGet(count);
    }

    /** The collector has answered that it has taken what it was sent but for so many; {@link #ended} follows. */
    void rejected(long count) {
        if (count > 0) {
            rejected.addAndGet(count);
            if (!warned.getAndSet(true)) {
                LOG.warn("a collector rejected {} spans or metric points; its log may say why", count);
            }
        }
    }

    /** So many were sent at once, and the collector has taken them or not. */
    public void ended(int count, boolean success) {
        long left = success ? Math.min(count, rejected.getAndSet(0)) : count;
        dropped.addAndGet(left);
        if (success) {
            sent.addAndGet(count - left);
            lastSuccess.set(System.currentTimeMillis());
        }
    }
}
