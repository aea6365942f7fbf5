package io.llmproxy.config;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A key that lets a client in. */
public record ClientKeyConfig(
        @Setting(value = "Name of the key in logs; unique within a forward.", required = true)
        String name,

        @Setting(
                value =
                        "The key itself (at most 512 characters of ASCII without spaces), or `sha256:` and its SHA-256 in 64 hexadecimal digits.",
                required = true)
        Secret key,

        @Setting(value = "`false` refuses the key.", byDefault = "true")
        boolean enabled,

        @Setting(
                "When the key expires: an instant such as `2027-01-31T12:00:00Z`, or a date, which means its beginning in UTC.")
        @Nullable Instant expires,

        @Setting(
                "Models that may be used with the key: names, names with `*`, or regular expressions (RE2) of whole names; empty for all.")
        List<ModelPattern> allowedModels,

        @Setting("How many requests may be made with the key.") @Nullable KeyRateLimitConfig rateLimit,

        @Setting(
                value =
                        "Requests that are served at the same time; further ones are refused with 429. 0 sets no limit.",
                byDefault = "0",
                min = 0,
                max = 1000000)
        int maxConcurrent,

        @Setting(
                value =
                        "Whether a client with the key that sends `X-LLMProxy-Explain: 1` gets the header `X-LLMProxy-Decision`: to which upstreams its request went, and why not to others.",
                byDefault = "false")
        boolean explain,

        @Setting(
                "Name of the scope to which the key belongs; the limits of that scope and of those above it apply too.")
        @Nullable String scope,

        @Setting("How much may be used with the key.") List<LimitConfig> limits) {
    public ClientKeyConfig {
        limits = List.copyOf(limits);
        allowedModels = List.copyOf(allowedModels);
    }

    /** Returns the same for another key. */
    public ClientKeyConfig withKey(Secret other) {
        return new ClientKeyConfig(
                name, other, enabled, expires, allowedModels, rateLimit, maxConcurrent, explain, scope, limits);
    }

    /** Returns the same, refused. */
    public ClientKeyConfig disabled() {
        return new ClientKeyConfig(
                name, key, false, expires, allowedModels, rateLimit, maxConcurrent, explain, scope, limits);
    }

    /** Returns the same for the time until then, if that is not over before. */
    public ClientKeyConfig until(Instant end) {
        Instant first = expires == null || end.isBefore(expires) ? end : expires;
        return new ClientKeyConfig(
                name, key, enabled, first, allowedModels, rateLimit, maxConcurrent, explain, scope, limits);
    }
}
