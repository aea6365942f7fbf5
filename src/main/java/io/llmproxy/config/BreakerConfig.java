package io.llmproxy.config;

import java.time.Duration;

/** When an upstream that fails is left alone, and for how long. */
@Switchable
public record BreakerConfig(
        @Setting(value = "Share of failed calls at which the breaker opens.", byDefault = "0.5", min = 0.01, max = 1)
        double threshold,

        @Setting(
                value = "How long the breaker stays open before it lets a probe through.",
                byDefault = "30s",
                min = 0.01,
                max = 3600,
                unit = Unit.SECONDS)
        Duration cooldown,

        @Setting(
                value = "Number of recent calls that the share is computed from.",
                byDefault = "10",
                min = 1,
                max = 10000)
        int window) {}
