package io.llmproxy.proxy.admission;

import io.llmproxy.auth.ClientKeys;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.RateLimitConfig;
import io.llmproxy.ratelimit.ClientAddress;
import io.llmproxy.ratelimit.ConcurrencyLimit;
import io.llmproxy.ratelimit.RateLimiter;
import io.llmproxy.ratelimit.TrustedProxies;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which clients may use a forward: with which keys, how often each client, and how many at a time. */
public final class Admission {
    private final ForwardConfig config;
    private final TrustedProxies proxies;
    private final @Nullable RateLimiter rate;
    private final @Nullable ConcurrencyLimit concurrency;

    private final ClientKeys keys;
    private final KeyLimits keyLimits;

    private Admission(
            ForwardConfig config,
            ClientKeys keys,
            KeyLimits keyLimits,
            @Nullable RateLimiter rate,
            @Nullable ConcurrencyLimit concurrency) {
        this.config = config;
        this.keys = keys;
        this.keyLimits = keyLimits;
        this.proxies = new TrustedProxies(config.trustedProxies());
        this.rate = rate;
        this.concurrency = concurrency;
    }

    /**
     * Returns what a forward's settings ask for.
     *
     * @param config the forward's settings
     * @param keys the keys that the forward knows
     * @param keyLimits the limits of these keys
     * @param before that of the forward of the same name until now, or null; limits that stay the same are taken over, so
     *     that no client is set free
     */
    public static Admission of(ForwardConfig config, ClientKeys keys, KeyLimits keyLimits, @Nullable Admission before) {
        return new Admission(config, keys, keyLimits, rate(config, before), concurrency(config, before));
    }

    private static @Nullable RateLimiter rate(ForwardConfig config, @Nullable Admission before) {
        RateLimitConfig limit = config.ratelimit();
        if (limit == null) {
            return null;
        }
        return before != null && limit.equals(before.config.ratelimit())
                ? before.rate
                : new RateLimiter(limit, System::nanoTime);
    }

    private static @Nullable ConcurrencyLimit concurrency(ForwardConfig config, @Nullable Admission before) {
        if (config.maxConcurrent() == 0) {
            return null;
        }
        return before != null
                        && before.config.maxConcurrent() == config.maxConcurrent()
                        && before.config.maxQueued() == config.maxQueued()
                ? before.concurrency
                : new ConcurrencyLimit(config.maxConcurrent(), config.maxQueued());
    }

    /** The keys that the forward knows. */
    public ClientKeys keys() {
        return keys;
    }

    /** What bounds each of them. */
    public KeyLimits keyLimits() {
        return keyLimits;
    }

    /** Takes a token of the client's, and returns what came of it; null if clients are not limited. */
    public RateLimiter.@Nullable Decision tryAcquire(HttpServletRequest clientRequest) {
        return rate == null ? null : rate.tryAcquire(client(clientRequest));
    }

    /** How many requests are served at a time, or null if there is no limit. */
    public @Nullable ConcurrencyLimit concurrency() {
        return concurrency;
    }

    private ClientAddress client(HttpServletRequest clientRequest) {
        return proxies.clientOf(
                clientRequest.getRemoteAddr(),
                headers(clientRequest, "X-Forwarded-For"),
                headers(clientRequest, "Forwarded"));
    }

    private static List<String> headers(HttpServletRequest clientRequest, String name) {
        return Collections.list(clientRequest.getHeaders(name));
    }
}
