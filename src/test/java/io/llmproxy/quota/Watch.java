package io.llmproxy.quota;

import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/** A clock that goes when it is told to. */
final class Watch implements Supplier<Moment> {
    private long nanos = 1_000;
    private long millis;

    Watch(String instant) {
        millis = Instant.parse(instant).toEpochMilli();
    }

    void pass(Duration time) {
        nanos += time.toNanos();
        millis += time.toMillis();
    }

    /** Sets the calendar; the other clock does not notice. */
    void set(String instant) {
        millis = Instant.parse(instant).toEpochMilli();
    }

    @Override
    public Moment get() {
        return new Moment(nanos, millis);
    }
}
