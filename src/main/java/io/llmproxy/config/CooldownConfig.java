package io.llmproxy.config;

import java.time.Duration;

/** For how long an upstream is left alone after it answered 429, or 503 or 529 with a {@code Retry-After}. */
public record CooldownConfig(
        @Setting(
                value = "Cool-down when a 429 has no readable `Retry-After`.",
                byDefault = "5s",
                min = 0.01,
                max = 3600,
                unit = Unit.SECONDS)
        Duration otherwise,

        @Setting(
                value = "Longest cool-down, whatever `Retry-After` says.",
                byDefault = "10m",
                min = 0.01,
                max = 86400,
                unit = Unit.SECONDS)
        Duration max) {}
