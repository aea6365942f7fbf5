package io.llmproxy.config;

import java.time.Duration;

/** For how long an upstream is left alone after it answered 429, or 503 or 529 with a {@code Retry-After}. */
public record CooldownConfig(
        @Setting(
                value = "Where a 429 does not say it, or not legibly.",
                byDefault = "5s",
                min = 0.01,
                max = 3600,
                unit = Unit.SECONDS)
        Duration otherwise,

        @Setting(
                value = "At most, however long the upstream asks for.",
                byDefault = "10m",
                min = 0.01,
                max = 86400,
                unit = Unit.SECONDS)
        Duration max) {}
