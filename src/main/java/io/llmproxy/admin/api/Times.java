package io.llmproxy.admin.api;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Times as the API tells and takes them. */
final class Times {
    private Times() {}

    /** Tells a time; null for none. */
    static @Nullable String told(@Nullable Instant time) {
        return time == null ? null : time.truncatedTo(ChronoUnit.MILLIS).toString();
    }

    /** Reads a time; null for none. */
    static @Nullable Instant read(String path, @Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw Refused.invalid(path, "not a time (expected: one such as 2026-01-31T23:59:59Z)");
        }
    }
}
