package io.llmproxy.ratelimit;

import io.llmproxy.ratelimit.RateLimiter.Decision;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * So many tokens, which come back with time. Exact among threads; starts out full.
 *
 * <p>All that is kept is the instant at which the bucket will be full again. To take a token moves it on by the time in which
 * one comes back: the generic cell rate algorithm (ITU-T I.371, virtual scheduling). So a token costs no memory, and of
 * thousands of buckets none makes work for the collector, as those of a library did that keeps a state for each token.
 */
public final class TokenBucket {
    private static final VarHandle FULL_AT;

    static {
        try {
            FULL_AT = MethodHandles.lookup().findVarHandle(TokenBucket.class, "fullAt", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Rate rate;
    /** May be over, and counts from anywhere: only its distance to the clock has a meaning. */
    private volatile long fullAt;

    /**
     * What buckets have in common.
     *
     * @param burst how many tokens one holds
     * @param nanosPerToken the time in which a token comes back
     * @param nanoTime a clock that never goes back, in nanoseconds since any instant
     */
    record Rate(int burst, long nanosPerToken, LongSupplier nanoTime) {
        static Rate of(int perSecond, int burst, LongSupplier nanoTime) {
            return new Rate(burst, TimeUnit.SECONDS.toNanos(1) / perSecond, nanoTime);
        }

        /** The time in which an empty bucket is full again. */
        long nanosToFill() {
            return burst * nanosPerToken;
        }
    }

    TokenBucket(Rate rate) {
        this.rate = rate;
        this.fullAt = rate.nanoTime.getAsLong();
    }

    /**
     * Returns a full bucket.
     *
     * @param perSecond how many tokens it gets each second
     * @param burst how many tokens it holds
     * @param nanoTime a clock that never goes back, in nanoseconds since any instant
     */
    public static TokenBucket of(int perSecond, int burst, LongSupplier nanoTime) {
        return new TokenBucket(Rate.of(perSecond, burst, nanoTime));
    }

    /** Returns the time until there is a token, in nanoseconds; 0 if there is one. */
    long untilToken() {
        long before = Math.max(0, fullAt - rate.nanoTime.getAsLong());
        return Math.max(0, before + rate.nanosPerToken - rate.nanosToFill());
    }

    /** Takes one token, if there is one. */
    public Decision tryAcquire() {
        long now = rate.nanoTime.getAsLong();
        long perToken = rate.nanosPerToken;
        long toFill = rate.nanosToFill();
        while (true) {
            long seen = fullAt;
            long before = Math.max(0, seen - now);
            long after = before + perToken;
            if (after > toFill) {
                return new Decision(false, rate.burst, (toFill - before) / perToken, before, after - toFill);
            }
            if (FULL_AT.compareAndSet(this, seen, now + after)) {
                return new Decision(true, rate.burst, (toFill - after) / perToken, after, 0);
            }
        }
    }
}
