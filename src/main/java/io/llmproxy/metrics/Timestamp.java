package io.llmproxy.metrics;

import java.time.Instant;

/** Moments as lines of a log tell them, for instance {@code 2026-01-31T23:59:59.123456Z}. */
final class Timestamp {
    /** Most lines share their second with the one before, and its date is what costs most to write. */
    private static volatile Second last = Second.of(0);

    private Timestamp() {}

    private record Second(long epoch, String text) {
        static Second of(long epoch) {
            String whole = Instant.ofEpochSecond(epoch).toString();
            return new Second(epoch, whole.substring(0, whole.length() - 1));
        }
    }

    /** The present moment in UTC, to the microsecond. */
    static String now() {
        return of(Instant.now());
    }

    static String of(Instant moment) {
        Second second = last;
        if (second.epoch() != moment.getEpochSecond()) {
            second = Second.of(moment.getEpochSecond());
            last = second;
        }
        String micros = Integer.toString(1_000_000 + moment.getNano() / 1_000);
        return new StringBuilder(27)
                .append(second.text())
                .append('.')
                .append(micros, 1, micros.length())
                .append('Z')
                .toString();
    }
}
