package io.llmproxy.ratelimit;

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import io.llmproxy.ratelimit.RateLimiter.Decision;
import java.time.Duration;
import java.util.function.LongSupplier;

/** So many tokens, which come back with time. Exact among threads; starts out full. */
public final class TokenBucket {
    private final long capacity;
    private final Bucket bucket;

    private TokenBucket(long capacity, Bucket bucket) {
        this.capacity = capacity;
        this.bucket = bucket;
    }

    /**
     * Returns a full bucket.
     *
     * @param perSecond how many tokens it gets each second
     * @param burst how many tokens it holds
     * @param nanoTime a clock that never goes back, in nanoseconds since any instant
     */
    public static TokenBucket of(int perSecond, int burst, LongSupplier nanoTime) {
        return of(bandwidth(perSecond, burst), new SinceStart(nanoTime, nanoTime.getAsLong()));
    }

    static TokenBucket of(Bandwidth bandwidth, TimeMeter meter) {
        Bucket bucket = Bucket.builder()
                .addLimit(bandwidth)
                .withCustomTimePrecision(meter)
                .build();
        return new TokenBucket(bandwidth.getCapacity(), bucket);
    }

    static Bandwidth bandwidth(int perSecond, int burst) {
        return Bandwidth.builder()
                .capacity(burst)
                .refillGreedy(perSecond, Duration.ofSeconds(1))
                .build();
    }

    /** Takes one token, if there is one. */
    public Decision tryAcquire() {
        ConsumptionProbe probe = bucket.tryConsumeAndReturnRemaining(1);
        return new Decision(
                probe.isConsumed(),
                capacity,
                probe.getRemainingTokens(),
                Duration.ofNanos(probe.getNanosToWaitForReset()),
                Duration.ofNanos(probe.getNanosToWaitForRefill()));
    }

    /** Counts from the start, as a bucket compares instants, and those of the clock may overflow. */
    record SinceStart(LongSupplier nanoTime, long start) implements TimeMeter {
        @Override
        public long currentTimeNanos() {
            return nanoTime.getAsLong() - start;
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    }
}
