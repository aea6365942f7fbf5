package io.llmproxy.proxy;

import java.util.concurrent.atomic.AtomicLong;

/** How many bytes of request bodies may be kept in memory at a time, by all exchanges together. */
public final class BufferBudget {
    private final AtomicLong used = new AtomicLong();
    private volatile long max;

    /** Sets the bound, in bytes; what is kept beyond it stays. */
    public void limit(long bytes) {
        max = bytes;
    }

    /** Takes some bytes; false if there are not so many left. */
    boolean tryReserve(long bytes) {
        if (used.addAndGet(bytes) <= max) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }

    void release(long bytes) {
        used.addAndGet(-bytes);
    }
}
