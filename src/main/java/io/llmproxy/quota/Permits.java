package io.llmproxy.quota;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Permits that are held while requests are served. */
final class Permits implements Allowance {
    /** When one may be free again: that is not known. */
    private static final long SOON = Duration.ofSeconds(1).toNanos();

    private final AtomicLong held = new AtomicLong();

    @Override
    public Take take(long amount, long size, Moment now) {
        while (true) {
            long before = held.get();
            if (before + amount > size) {
                return Take.SHORT;
            }
            if (held.compareAndSet(before, before + amount)) {
                return Take.TAKEN;
            }
        }
    }

    @Override
    public void settle(long taken, long used, long size, Moment then, Moment now) {
        held.addAndGet(used - taken);
    }

    /** What is held is given back here. */
    @Override
    public Before handOver(Successor next, Moment now) {
        return new Before(Long.MIN_VALUE, 0);
    }

    @Override
    public void begin(Before before, long size, Moment now) {
        // None is held yet.
    }

    @Override
    public long left(long size, Moment now) {
        return Math.max(0, size - held.get());
    }

    @Override
    public long untilFree(long amount, long size, Moment now) {
        return left(size, now) >= amount ? 0 : SOON;
    }

    @Override
    public long untilFull(long size, Moment now) {
        return held.get() > 0 ? SOON : 0;
    }
}
