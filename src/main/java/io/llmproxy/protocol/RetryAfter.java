package io.llmproxy.protocol;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * For how long someone asks to be left alone.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3">RFC 9110, section 10.2.3: Retry-After</a>
 */
public final class RetryAfter {
    private static final int LONGEST_VALUE = 64;
    private static final int MOST_DIGITS = 12;
    private static final Duration MOST = Duration.ofDays(30);

    private static final DateTimeFormatter IMF_FIXDATE = formatter("EEE, dd MMM uuuu HH:mm:ss 'GMT'");
    private static final DateTimeFormatter ASCTIME = formatter("EEE MMM ppd HH:mm:ss uuuu");

    private RetryAfter() {}

    /**
     * Returns the time in nanoseconds, at most 30 days. {@code retry-after-ms}, a number of milliseconds, comes before
     * {@code retry-after}, a number of seconds or a date; a date that has passed is 0.
     *
     * @param header the value of a header, whose name is given in lower case, or null if there is none
     * @param wallClockNow what a date is compared with
     * @return nothing if there is no such header, or none that can be understood
     */
    public static OptionalLong nanos(Function<String, @Nullable String> header, Instant wallClockNow) {
        OptionalLong millis = number(header.apply("retry-after-ms"), TimeUnit.MILLISECONDS);
        if (millis.isPresent()) {
            return millis;
        }
        String value = header.apply("retry-after");
        OptionalLong seconds = number(value, TimeUnit.SECONDS);
        return seconds.isPresent() ? seconds : untilDate(value, wallClockNow);
    }

    /** Returns the value of the header for a time in nanoseconds: whole seconds, never too short. */
    public static long seconds(long nanos) {
        return TimeUnit.NANOSECONDS.toSeconds(nanos + TimeUnit.SECONDS.toNanos(1) - 1);
    }

    private static OptionalLong number(@Nullable String value, TimeUnit unit) {
        if (value == null || value.length() > LONGEST_VALUE || !isDecimal(value.strip())) {
            return OptionalLong.empty();
        }
        double nanos = Double.parseDouble(value.strip()) * unit.toNanos(1);
        return OptionalLong.of(Math.min((long) nanos, MOST.toNanos()));
    }

    /** Digits, and behind them a point and more digits or not; neither sign nor exponent. */
    private static boolean isDecimal(String text) {
        int point = text.indexOf('.');
        int digits = point < 0 ? text.length() : point;
        return digits > 0
                && digits <= MOST_DIGITS
                && point != text.length() - 1
                && areDigits(text, 0, digits)
                && areDigits(text, digits + 1, text.length());
    }

    private static boolean areDigits(String text, int start, int end) {
        for (int i = start; i < end; i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    private static OptionalLong untilDate(@Nullable String value, Instant now) {
        if (value == null || value.length() > LONGEST_VALUE) {
            return OptionalLong.empty();
        }
        Instant date = date(value.strip(), now);
        if (date == null) {
            return OptionalLong.empty();
        }
        Duration left = Duration.between(now, date);
        if (left.isNegative()) {
            return OptionalLong.of(0);
        }
        return OptionalLong.of(left.compareTo(MOST) < 0 ? left.toNanos() : MOST.toNanos());
    }

    private static @Nullable Instant date(String text, Instant now) {
        if (text.indexOf(',') < 0) {
            return parse(ASCTIME, text);
        }
        return text.indexOf('-') < 0 ? parse(IMF_FIXDATE, text) : parse(rfc850(now), text);
    }

    private static @Nullable Instant parse(DateTimeFormatter form, String text) {
        try {
            return form.parse(text, LocalDateTime::from).toInstant(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** A year of two digits is within the next 50 years, or else one that has passed. */
    private static DateTimeFormatter rfc850(Instant now) {
        int firstYear = now.atOffset(ZoneOffset.UTC).getYear() - 49;
        return withoutWeekday(new DateTimeFormatterBuilder()
                .appendPattern("EEEE, dd-MMM-")
                .appendValueReduced(ChronoField.YEAR, 2, 2, firstYear)
                .appendPattern(" HH:mm:ss 'GMT'"));
    }

    private static DateTimeFormatter formatter(String pattern) {
        return withoutWeekday(new DateTimeFormatterBuilder().appendPattern(pattern));
    }

    /** The day of the week adds nothing: one that does not fit the date does no harm. */
    private static DateTimeFormatter withoutWeekday(DateTimeFormatterBuilder form) {
        return form.toFormatter(Locale.US)
                .withResolverStyle(ResolverStyle.STRICT)
                .withResolverFields(
                        ChronoField.YEAR,
                        ChronoField.MONTH_OF_YEAR,
                        ChronoField.DAY_OF_MONTH,
                        ChronoField.HOUR_OF_DAY,
                        ChronoField.MINUTE_OF_HOUR,
                        ChronoField.SECOND_OF_MINUTE);
    }
}
