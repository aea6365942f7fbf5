package io.llmproxy.admin;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/** So many in a time, and no more: those that are left out are counted. */
final class Bound {
    private final int most;
    private final long period;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private long begun;
    private int admitted;
    private int leftOut;

    /**
     * @param most how many in a period
     * @param nanoTime a clock that never goes back, in nanoseconds since any instant
     */
    Bound(int most, Duration period, LongSupplier nanoTime) {
        this.most = most;
        this.period = period.toNanos();
        this.nanoTime = nanoTime;
        this.begun = nanoTime.getAsLong();
    }

    /** Returns how many were left out since the one before; -1 if this one is left out, too. */
    int admit() {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            if (now - begun >= period) {
                begun = now;
                admitted = 0;
            }
            if (admitted == most) {
                leftOut++;
                return -1;
            }
            admitted++;
            int before = leftOut;
            leftOut = 0;
            return before;
        } finally {
            lock.unlock();
        }
    }
}
