package io.llmproxy.quota;

import io.llmproxy.config.LimitConfig.Period;
import java.time.ZoneId;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A day or a month of the calendar, which begins with the whole amount; or all time, which has no end. */
final class CalendarWindow implements Allowance {
    private final Period period;
    private final ZoneId zone;
    private final ReentrantLock lock = new ReentrantLock();
    private Span span;
    private long used;
    private @Nullable Successor next;

    CalendarWindow(Period period, ZoneId zone, Moment now) {
        this.period = period;
        this.zone = zone;
        this.span = Span.of(period, zone, now.millis());
    }

    @Override
    public Take take(long amount, long size, Moment now) {
        lock.lock();
        try {
            roll(now);
            if (used + amount > size) {
                return Take.SHORT;
            }
            used += amount;
            tell(amount, now);
            return Take.TAKEN;
        } finally {
            lock.unlock();
        }
    }

    /** What was taken in a window that is over belongs to that window. */
    @Override
    public void settle(long taken, long usedUp, long size, Moment then, Moment now) {
        lock.lock();
        try {
            roll(now);
            if (then.millis() >= span.start()) {
                used = Math.max(0, used + usedUp - taken);
                tell(usedUp - taken, now);
            }
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
            roll(now);
            next = successor;
            return new Before(span.start(), used);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void begin(Before before, long size, Moment now) {
        lock.lock();
        try {
            roll(now);
            used += before.start() == span.start() ? before.used() : 0;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long left(long size, Moment now) {
        lock.lock();
        try {
            roll(now);
            return Math.max(0, size - used);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long untilFree(long amount, long size, Moment now) {
        return left(size, now) >= amount ? 0 : span(now).leftNanos(now.millis());
    }

    @Override
    public long untilFull(long size, Moment now) {
        return span(now).leftNanos(now.millis());
    }

    private Span span(Moment now) {
        lock.lock();
        try {
            roll(now);
            return span;
        } finally {
            lock.unlock();
        }
    }

    /** A clock that is set back makes no window begin again. */
    private void roll(Moment now) {
        if (span.isOver(now.millis())) {
            span = Span.of(period, zone, now.millis());
            used = 0;
        }
    }
}
