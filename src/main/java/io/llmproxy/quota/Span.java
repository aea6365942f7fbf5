package io.llmproxy.quota;

import io.llmproxy.config.LimitConfig.Period;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.concurrent.TimeUnit;

/**
 * A day, a month, or all time.
 *
 * @param name such as {@code 2026-11-29}, {@code 2026-11} or {@code total}
 * @param start the first millisecond that is within, since 1970
 * @param end the first that is not; {@link Long#MAX_VALUE} if there is none
 */
record Span(String name, long start, long end) {
    private static final int MONTH = "2026-11".length();

    /** Returns the one in which an instant is. */
    static Span of(Period period, ZoneId zone, long millis) {
        LocalDate day = Instant.ofEpochMilli(millis).atZone(zone).toLocalDate();
        LocalDate first = day.withDayOfMonth(1);
        return switch (period) {
            case DAY -> new Span(day.toString(), start(day, zone), start(day.plusDays(1), zone));
            case MONTH ->
                new Span(day.toString().substring(0, MONTH), start(first, zone), start(first.plusMonths(1), zone));
            case TOTAL -> new Span("total", Long.MIN_VALUE, Long.MAX_VALUE);
            case SECOND, MINUTE, HOUR -> throw new IllegalArgumentException(period + " (expected: a window)");
        };
    }

    /** Not every day begins at midnight. */
    private static long start(LocalDate day, ZoneId zone) {
        return day.atStartOfDay(zone).toInstant().toEpochMilli();
    }

    boolean isOver(long millis) {
        return millis >= end;
    }

    /** Returns the time until it is over, in nanoseconds; {@link Allowance#NEVER} if it never is. */
    long leftNanos(long millis) {
        return end == Long.MAX_VALUE ? Allowance.NEVER : TimeUnit.MILLISECONDS.toNanos(Math.max(1, end - millis));
    }
}
