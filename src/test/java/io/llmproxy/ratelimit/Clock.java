package io.llmproxy.ratelimit;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** A clock that stands still until it is told to go on. Starts anywhere, also shortly before an overflow. */
final class Clock implements LongSupplier {
    private final AtomicLong nanos;

    private Clock(long start) {
        nanos = new AtomicLong(start);
    }

    static Clock startingAnywhere() {
        return new Clock(ThreadLocalRandom.current().nextLong());
    }

    static Clock startingAt(long nanos) {
        return new Clock(nanos);
    }

    void advance(Duration duration) {
        nanos.addAndGet(duration.toNanos());
    }

    @Override
    public long getAsLong() {
        return nanos.get();
    }
}
