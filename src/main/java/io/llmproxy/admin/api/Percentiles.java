package io.llmproxy.admin.api;

import java.util.concurrent.TimeUnit;

/** Times in milliseconds that so many per cent were not above. */
record Percentiles(long p50, long p95, long p99) {
    static Percentiles ofNanos(long p50, long p95, long p99) {
        return new Percentiles(millis(p50), millis(p95), millis(p99));
    }

    private static long millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
    }
}
