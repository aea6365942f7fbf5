package io.llmproxy.quota;

import io.llmproxy.config.LimitConfig.Period;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** A day or a month of the calendar, at the beginning of which all is there again; or all time, which has no end. */
final class CalendarWindow implements Allowance {
    private final Period period;
    private final ZoneId zone;
    private final ReentrantLock lock = new ReentrantLock();
    private Span span;
    private long used;

    /**
     * From one instant to another, in milliseconds since 1970.
     *
     * @param start the first that is within
     * @param end the first that is not
     */
    private record Span(long start, long end) {
        boolean isOver(long millis) {
            return millis >= end;
        }

        long leftNanos(Moment now) {
            return end == Long.MAX_VALUE ? NEVER : TimeUnit.MILLISECONDS.toNanos(Math.max(1, end - now.millis()));
        }
    }

    CalendarWindow(Period period, ZoneId zone, Moment now) {
        this.period = period;
        this.zone = zone;
        this.span = spanOf(now.millis());
    }

    private Span spanOf(long millis) {
        LocalDate day = Instant.ofEpochMilli(millis).atZone(zone).toLocalDate();
        return switch (period) {
            case DAY -> new Span(start(day), start(day.plusDays(1)));
            case MONTH ->
                new Span(
                        start(day.withDayOfMonth(1)),
                        start(day.withDayOfMonth(1).plusMonths(1)));
            case TOTAL -> new Span(Long.MIN_VALUE, Long.MAX_VALUE);
            case SECOND, MINUTE, HOUR -> throw new IllegalArgumentException(period + " (expected: a window)");
        };
    }

    /** Not every day begins at midnight. */
    private long start(LocalDate day) {
        return day.atStartOfDay(zone).toInstant().toEpochMilli();
    }

    @Override
    public boolean take(long amount, long size, Moment now) {
        lock.lock();
        try {
            roll(now);
            if (used + amount > size) {
                return false;
            }
            used += amount;
            return true;
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
            if (then.millis() >= span.start) {
                used = Math.max(0, used + usedUp - taken);
            }
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
        return left(size, now) >= amount ? 0 : span(now).leftNanos(now);
    }

    @Override
    public long untilFull(long size, Moment now) {
        return span(now).leftNanos(now);
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
            span = spanOf(now.millis());
            used = 0;
        }
    }
}
