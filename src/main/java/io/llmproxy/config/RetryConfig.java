package io.llmproxy.config;

import java.time.Duration;

/** Further attempts after a failure. */
@Switchable
public record RetryConfig(
        @Setting(value = "Attempts after the first one.", byDefault = "3", min = 1, max = 100)
        int attempts,

        @Setting(
                value = "Maximum backoff before the first retry; it doubles each time.",
                byDefault = "500ms",
                min = 100,
                max = 10000,
                unit = Unit.MILLISECONDS)
        Duration initial,

        @Setting(
                value =
                        "Whether a request that an upstream may have worked on already is sent again. It may be billed twice.",
                byDefault = "false")
        boolean unsafe) {}
