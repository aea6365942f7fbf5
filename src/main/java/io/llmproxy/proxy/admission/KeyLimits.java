package io.llmproxy.proxy.admission;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.KeyRateLimitConfig;
import io.llmproxy.quota.LimitPath;
import io.llmproxy.quota.Quotas;
import io.llmproxy.quota.Subject;
import io.llmproxy.ratelimit.ConcurrencyLimit;
import io.llmproxy.ratelimit.TokenBucket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How often, and how many at a time, each key of a configuration may ask. */
public final class KeyLimits {
    static final Limits NONE = new Limits(null, 0, null, null);

    private final Map<ClientKey, Limits> limits;
    private final Map<ClientKey, LimitPath> paths;
    private final Quotas quotas;
    private final @Nullable LimitPath open;

    private KeyLimits(Map<ClientKey, Limits> limits, Map<ClientKey, LimitPath> paths, Quotas quotas) {
        this.limits = limits;
        this.paths = paths;
        this.quotas = quotas;
        this.open = quotas.open();
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
     * @param quotas the limits of scopes, and those for all clients together
     * @param before the limits until now, or null; those that stay the same are taken over, so that no key is set free
     */
    public static KeyLimits of(Stream<ClientKey> keys, Quotas quotas, @Nullable KeyLimits before) {
        List<ClientKey> all = keys.toList();
        Map<ClientKey, LimitPath> paths = new HashMap<>();
        for (ClientKey key : all) {
            ClientKeyConfig config = key.config();
            if (config.scope() != null || !config.limits().isEmpty()) {
                LimitPath path = quotas.path(Subject.key(key.id(), key.name()), config.limits(), config.scope());
                if (path != null) {
                    paths.put(key, path);
                }
            }
        }
        Map<ClientKey, Limits> limits = all.stream()
                .filter(KeyLimits::isLimited)
                .collect(Collectors.toMap(
                        key -> key, key -> Limits.of(key.config(), before == null ? NONE : before.of(key))));
        return new KeyLimits(limits, paths, quotas);
    }

    private static boolean isLimited(ClientKey key) {
        return key.config().rateLimit() != null || key.config().maxConcurrent() > 0;
    }

    /** What bounds requests with a key, or without one, besides; null if nothing does. */
    public @Nullable LimitPath path(@Nullable ClientKey key) {
        if (key instanceof StoredKey stored && stored.isBounded()) {
            return stored.path(quotas);
        }
        return key == null ? open : paths.getOrDefault(key, open);
    }

    /** The limits of scopes, and those for all clients together. */
    public Quotas quotas() {
        return quotas;
    }

    /** What bounds a key. */
    public Limits of(ClientKey key) {
        return key instanceof StoredKey stored ? stored.limits() : limits.getOrDefault(key, NONE);
    }
}
