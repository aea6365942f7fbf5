package io.llmproxy.balance;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The part of its weight that an upstream is trusted with: what goes wrong makes it less at once, each success gives some
 * back. One that has been out begins with a fifth of that, and grows into the whole within 60 s. Lock-free; no outcome is
 * lost.
 */
final class Multiplier {
    private static final double LEAST = 0.05;
    private static final double STEP = 0.1;
    private static final double LEAST_AFTER_RECOVERY = 0.3;
    private static final double SLOW_START_FROM = 0.2;
    private static final long SLOW_START_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final AtomicLong bits = new AtomicLong(Double.doubleToRawLongBits(1));
    private volatile long recoveredNanos;
    private volatile boolean recovered;

    void add(Load.Outcome outcome) {
        bits.getAndUpdate(before -> Double.doubleToRawLongBits(after(Double.longBitsToDouble(before), outcome)));
    }

    private static double after(double value, Load.Outcome outcome) {
        double moved = switch (outcome) {
            case SUCCESS -> value + STEP;
            case THROTTLED -> value * 0.5;
            case FAILURE -> value * 0.7;
            case TIMED_OUT -> value * 0.9;
            case NEUTRAL -> value;
        };
        return Math.min(1, Math.max(LEAST, moved));
    }

    /** The upstream is back after it was out. */
    void recovered(long nanosNow) {
        bits.getAndUpdate(
                before -> Double.doubleToRawLongBits(Math.max(LEAST_AFTER_RECOVERY, Double.longBitsToDouble(before))));
        recoveredNanos = nanosNow;
        recovered = true;
    }

    /** Returns the part at an instant, above 0 and at most 1. */
    double at(long nanosNow) {
        return Double.longBitsToDouble(bits.get()) * slowStart(nanosNow);
    }

    private double slowStart(long nanosNow) {
        if (!recovered) {
            return 1;
        }
        long elapsed = nanosNow - recoveredNanos;
        return Math.min(1, Math.max(SLOW_START_FROM, (double) elapsed / SLOW_START_NANOS));
    }
}
