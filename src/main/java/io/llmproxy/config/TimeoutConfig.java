package io.llmproxy.config;

import java.time.Duration;

/** How long the steps of an exchange with an upstream may take. */
public record TimeoutConfig(
        @Setting(
                value = "TCP connection and TLS handshake.",
                byDefault = "10s",
                min = 0.01,
                max = 120,
                unit = Unit.SECONDS)
        Duration connect,

        @Setting(
                value = "From the request to the head of the answer.",
                byDefault = "5m",
                min = 0.01,
                max = 3600,
                unit = Unit.SECONDS)
        Duration firstByte,

        @Setting(
                value = "Between two pieces of an answer.",
                byDefault = "2m",
                min = 0.01,
                max = 3600,
                unit = Unit.SECONDS)
        Duration stall,

        @Setting(
                value = "The whole exchange; not counted while `stream` is true.",
                byDefault = "5m",
                min = 0.01,
                max = 1200,
                unit = Unit.SECONDS)
        Duration request,

        @Setting(
                value = "How long an unused connection is kept.",
                byDefault = "1m",
                min = 0.1,
                max = 1800,
                unit = Unit.SECONDS)
        Duration idle) {}
