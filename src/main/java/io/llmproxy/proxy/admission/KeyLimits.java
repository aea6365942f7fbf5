package io.llmproxy.proxy.admission;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.KeyRateLimitConfig;
import io.llmproxy.ratelimit.ConcurrencyLimit;
import io.llmproxy.ratelimit.TokenBucket;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How often, and how many at a time, each key of a configuration may ask. */
public final class KeyLimits {
    private static final Limits NONE = new Limits(null, 0, null, null);

    private final Map<ClientKey, Limits> limits;

    private KeyLimits(Map<ClientKey, Limits> limits) {
        this.limits = limits;
    }

    /**
     * What bounds one key.
     *
     * @param perSecond what {@code rate} was made of, or null
     * @param max what {@code concurrency} was made of
     * @param rate a token for each request, or null
     * @param concurrency a permit for each request that is being served, which is never waited for; or null
     */
    public record Limits(
            @Nullable KeyRateLimitConfig perSecond,
            int max,
            @Nullable TokenBucket rate,
            @Nullable ConcurrencyLimit concurrency) {
        static Limits of(ClientKeyConfig config, Limits before) {
            KeyRateLimitConfig limit = config.rateLimit();
            int max = config.maxConcurrent();
            return new Limits(
                    limit,
                    max,
                    Objects.equals(limit, before.perSecond) ? before.rate : bucket(limit),
                    max == before.max ? before.concurrency : permits(max));
        }

        private static @Nullable TokenBucket bucket(@Nullable KeyRateLimitConfig limit) {
            return limit == null ? null : TokenBucket.of(limit.requestsPerSecond(), limit.burst(), System::nanoTime);
        }

        private static @Nullable ConcurrencyLimit permits(int max) {
            return max == 0 ? null : new ConcurrencyLimit(max, 0);
        }
    }

    /**
     * Returns the limits of some keys.
     *
     * @param keys the keys
     * @param before the limits until now, or null; those that stay the same are taken over, so that no key is set free
     */
    public static KeyLimits of(Stream<ClientKey> keys, @Nullable KeyLimits before) {
        return new KeyLimits(keys.filter(KeyLimits::isLimited)
                .collect(Collectors.toMap(
                        key -> key, key -> Limits.of(key.config(), before == null ? NONE : before.of(key)))));
    }

    private static boolean isLimited(ClientKey key) {
        return key.config().rateLimit() != null || key.config().maxConcurrent() > 0;
    }

    /** What bounds a key. */
    public Limits of(ClientKey key) {
        return limits.getOrDefault(key, NONE);
    }
}
