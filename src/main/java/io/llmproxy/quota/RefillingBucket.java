package io.llmproxy.quota;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A token bucket: it holds as much as may be used in a time, starts out full, and is filled steadily with as much in each such time. */
final class RefillingBucket implements Allowance {
    /** Parts of a unit that are lost in reckoning are given away. */
    private static final double GRAIN = 1e-6;

    private final double period;
    private final ReentrantLock lock = new ReentrantLock();
    private double missing;
    private long at;
    private @Nullable Successor next;

    /** @param period in which an empty bucket is full again */
    RefillingBucket(Duration period, Moment now) {
        this.period = period.toNanos();
        this.at = now.nanos();
    }

    @Override
    public Take take(long amount, long size, Moment now) {
        lock.lock();
        try {
            refill(size, now);
            if (missing + amount > size + GRAIN) {
                return Take.SHORT;
            }
            missing += amount;
            tell(amount, now);
            return Take.TAKEN;
        } finally {
            lock.unlock();
        }
    }

    /** A debt of more than one period is forgiven. */
    @Override
    public void settle(long taken, long used, long size, Moment then, Moment now) {
        lock.lock();
        try {
            refill(size, now);
            missing = Math.min(Math.max(0, missing + used - taken), 2.0 * size);
            tell(used - taken, now);
        } finally {
            lock.unlock();
        }
    }

    private void tell(long amount, Moment now) {
        if (next != null) {
            next.used(amount, now);
        }
    }

    @Override
    public Before handOver(Successor successor, Moment now) {
        lock.lock();
        try {
            refill(successor.size(), now);
            next = successor;
            return new Before(Long.MIN_VALUE, (long) Math.ceil(missing));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void begin(Before before, long size, Moment now) {
        lock.lock();
        try {
            refill(size, now);
            missing = Math.min(missing + before.used(), 2.0 * size);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long left(long size, Moment now) {
        return (long) Math.max(0, size - missing(size, now) + GRAIN);
    }

    @Override
    public long untilFree(long amount, long size, Moment now) {
        double lacking = missing(size, now) + amount - size - GRAIN;
        return (long) Math.ceil(Math.max(0, lacking) * period / size);
    }

    @Override
    public long untilFull(long size, Moment now) {
        return (long) Math.ceil(missing(size, now) * period / size);
    }

    private double missing(long size, Moment now) {
        lock.lock();
        try {
            refill(size, now);
            return missing;
        } finally {
            lock.unlock();
        }
    }

    private void refill(long size, Moment now) {
        long elapsed = now.nanos() - at;
        if (elapsed > 0) {
            missing = Math.max(0, missing - elapsed * (size / period));
            at = now.nanos();
        }
    }
}
