package io.llmproxy.ratelimit;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.llmproxy.config.RateLimitConfig;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A token bucket for each client of one forward. A bucket is exact among threads and starts out full.
 *
 * <p>The memory is bounded whatever addresses come. A bucket that would be full again is dropped, as a new one is the
 * same. When there are too many still, those that are asked for most stay: a flood of addresses that each come once
 * sets no client free that is being limited.
 */
public final class RateLimiter {
    /** How many clients are told apart at a time, some 30 MiB. */
    static final int MOST_BUCKETS = 100_000;

    /** Caffeine notes an access no more often than each second, so that a bucket may seem idle for longer than it is. */
    private static final Duration ACCESS_TOLERANCE = Duration.ofSeconds(1);

    private final LoadingCache<ClientAddress, TokenBucket> buckets;

    /**
     * Makes a limiter that has seen no client yet.
     *
     * @param config how many tokens a bucket holds, and how many it gets each second
     * @param nanoTime a clock that never goes back, in nanoseconds since any instant
     */
    public RateLimiter(RateLimitConfig config, LongSupplier nanoTime) {
        TokenBucket.Rate rate = TokenBucket.Rate.of(config.perSecond(), config.burst(), nanoTime);
        this.buckets = Caffeine.newBuilder()
                .maximumSize(MOST_BUCKETS)
                .expireAfterAccess(Duration.ofNanos(rate.nanosToFill()).plus(ACCESS_TOLERANCE))
                .ticker(nanoTime::getAsLong)
                // Here and now, as a thread of the common pool would outlive the application in a container.
                .executor(Runnable::run)
                .build(client -> new TokenBucket(rate));
    }

    /** Takes one token from the bucket of a client, if there is one. */
    public Decision tryAcquire(ClientAddress client) {
        return buckets.get(client).tryAcquire();
    }

    /** Returns the time until the bucket of a client has a token, in nanoseconds, and takes none; 0 if it has one. */
    public long untilToken(ClientAddress client) {
        TokenBucket bucket = buckets.getIfPresent(client);
        return bucket == null ? 0 : bucket.untilToken();
    }

    /** Returns how many buckets are held after all that is due was dropped. */
    long size() {
        buckets.cleanUp();
        return buckets.estimatedSize();
    }

    /**
     * Whether a request may pass, and what its client may be told about that.
     *
     * @param allowed whether a token was taken
     * @param limit how many tokens a full bucket holds
     * @param remaining how many whole tokens are left
     * @param resetNanos the time until the bucket is full, if none is taken meanwhile, in nanoseconds
     * @param retryAfterNanos the time until there is a token, in nanoseconds; 0 if the request is allowed
     */
    public record Decision(boolean allowed, long limit, long remaining, long resetNanos, long retryAfterNanos) {}
}
