package io.llmproxy.config;

import java.time.Duration;

/** When a stream whose first content is late is asked for at a second upstream, too. */
@Switchable
public record HedgeConfig(
        @Setting(
                value =
                        "How long the first content of a stream may take before a second upstream is asked: a time, or a percentile (`p50` to `p99`) of what the group's last 512 streams took.",
                byDefault = "p95")
        HedgeDelay after,

        @Setting(
                value = "With a percentile: the shortest time, however fast the streams were.",
                byDefault = "100ms",
                min = 50,
                max = 60000,
                unit = Unit.MILLISECONDS)
        Duration floor,

        @Setting(
                value = "With a percentile: how many streams must have been measured before any is hedged.",
                byDefault = "50",
                min = 10,
                max = 500)
        int samples) {}
