package io.llmproxy.admin.api;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyRateLimitConfig;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.ScopeConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.load.LimitsText;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** What a client key may do, as it is written in JSON. What is left out, or null, has no limit. */
record KeyBody(
        @Nullable String name,
        @Nullable Boolean enabled,
        @Nullable String expiresAt,
        @Nullable List<String> allowedModels,
        @Nullable Integer requestsPerSecond,
        @Nullable Integer burstSize,
        @Nullable Integer maxConcurrent,
        @Nullable Boolean explain,
        @Nullable List<String> forwards,
        @Nullable String scope,
        @Nullable List<@Nullable LimitBody> limits) {
    private static final int LONGEST_NAME = 200;
    private static final int MOST_PER_SECOND = 10_000;
    private static final int LARGEST_BURST = 20_000;
    private static final int MOST_CONCURRENT = 1_000_000;
    private static final int MOST_ITEMS = 1000;
    private static final IntPredicate CONTROL = Character::isISOControl;

    static KeyBody of(IssuedKey key) {
        ClientKeyConfig config = key.config();
        KeyRateLimitConfig rate = config.rateLimit();
        Instant expires = config.expires();
        return new KeyBody(
                config.name(),
                config.enabled(),
                expires == null ? null : expires.toString(),
                config.allowedModels().stream().map(ModelPattern::text).toList(),
                rate == null ? null : rate.requestsPerSecond(),
                rate == null ? null : rate.burstSize(),
                config.maxConcurrent(),
                config.explain(),
                key.forwards(),
                config.scope(),
                config.limits().isEmpty() ? null : List.copyOf(LimitBody.of(config.limits())));
    }

    /** The same in a scope. */
    KeyBody within(@Nullable String other) {
        return new KeyBody(
                name,
                enabled,
                expiresAt,
                allowedModels,
                requestsPerSecond,
                burstSize,
                maxConcurrent,
                explain,
                forwards,
                other,
                limits);
    }

    /** The names of the forwards that it opens; empty for all. */
    List<String> opens() {
        return forwards == null
                ? List.of()
                : forwards.stream().filter(Objects::nonNull).toList();
    }

    /** Makes a key of it, with nothing that {@link #problems} has found. */
    ClientKeyConfig config(Secret digest) {
        return new ClientKeyConfig(
                name == null ? "" : name,
                digest,
                enabled == null || enabled,
                expires(),
                models().stream()
                        .flatMap(model -> ModelPattern.parse(model).stream())
                        .toList(),
                requestsPerSecond == null ? null : new KeyRateLimitConfig(requestsPerSecond, burstSize),
                maxConcurrent == null ? 0 : maxConcurrent,
                explain != null && explain,
                scope,
                readLimits().limits());
    }

    private LimitsText.Read readLimits() {
        return limits == null ? LimitsText.read("") : LimitBody.read(limits);
    }

    private @Nullable Instant expires() {
        return expiresAt == null ? null : Times.parse(expiresAt);
    }

    private List<String> models() {
        return allowedModels == null ? List.of() : allowedModels;
    }

    /** Says what is wrong with it. */
    List<Finding> problems() {
        List<Finding> problems = new ArrayList<>();
        if (name == null || name.isBlank() || name.length() > LONGEST_NAME || isSplit(name)) {
            problems.add(
                    new Finding(null, "name", "missing or not a name (expected: 1 to 200 characters on one line)"));
        }
        try {
            var unused = expires();
        } catch (DateTimeException e) {
            problems.add(new Finding(
                    null, "expires_at", "not a time (expected: one such as 2026-01-31T23:59:59Z, or null)"));
        }
        range("requests_per_second", requestsPerSecond, 1, MOST_PER_SECOND, problems);
        range("burst_size", burstSize, 1, LARGEST_BURST, problems);
        range("max_concurrent", maxConcurrent, 0, MOST_CONCURRENT, problems);
        if (burstSize != null && requestsPerSecond == null) {
            problems.add(new Finding(null, "burst_size", "without requests_per_second (expected: both, or neither)"));
        }
        for (int i = 0; i < models().size(); i++) {
            String model = models().get(i);
            if (model == null || isSplit(model) || ModelPattern.parse(model).isEmpty()) {
                problems.add(new Finding(
                        null,
                        "allowed_models[" + i + "]",
                        "neither a name nor a pattern (expected: a name, a name with *, or a regular expression)"));
            }
        }
        if (models().size() > MOST_ITEMS) {
            problems.add(new Finding(null, "allowed_models", "too many (expected: at most 1000)"));
        }
        for (String forward : opens()) {
            if (forward.isBlank() || isSplit(forward)) {
                problems.add(new Finding(null, "forwards", "not a name (expected: names of forwards)"));
            }
        }
        if (scope != null && (scope.isBlank() || scope.length() > ScopeConfig.LONGEST_BOUND || isSplit(scope))) {
            problems.add(new Finding(null, "scope", "not a name (expected: 1 to 200 characters on one line, or null)"));
        }
        readLimits()
                .problems()
                .forEach(problem -> problems.add(
                        new Finding(null, problem.path().isEmpty() ? "limits" : problem.path(), problem.message())));
        return problems;
    }

    /** Whether it has a character that ends a line, or another that is not for people. */
    private static boolean isSplit(String text) {
        return text.chars().anyMatch(CONTROL);
    }

    private static void range(String path, @Nullable Integer value, int least, int most, List<Finding> problems) {
        if (value != null && (value < least || value > most)) {
            problems.add(new Finding(null, path, value + " (expected: " + least + " to " + most + ")"));
        }
    }
}
