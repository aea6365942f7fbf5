package io.llmproxy.admin.api;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Times as the API tells and takes them. */
final class Times {
    private static final int FIRST_YEAR = 1970;
    private static final int LAST_YEAR = 9998;

    private Times() {}

    /** Tells a time; null for none. */
    static @Nullable String told(@Nullable Instant time) {
        return time == null ? null : time.truncatedTo(ChronoUnit.MILLIS).toString();
    }

    /**
     * Reads a time that databases can keep.
     *
     * @throws DateTimeException if it is none
     */
    static Instant parse(String text) {
        OffsetDateTime time = OffsetDateTime.parse(text);
        if (time.getYear() < FIRST_YEAR || time.getYear() > LAST_YEAR) {
            throw new DateTimeException("no usual year");
        }
        return time.toInstant();
    }

    /** Reads a time; null for none. */
    static @Nullable Instant read(String path, @Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            return parse(text);
        } catch (DateTimeException e) {
            throw Refused.invalid(path, "not a time (expected: one such as 2026-01-31T23:59:59Z)");
        }
    }
}
