package io.llmproxy.config;

import java.time.Duration;

/** How long the steps of an exchange with an upstream may take. */
public record TimeoutConfig(
        @Setting(value = "TCP connection and TLS handshake.", byDefault = "10", min = 1, max = 120, unit = Unit.SECONDS)
        Duration connect,

        @Setting(
                value = "From the request to the head of the answer.",
                byDefault = "300",
                min = 1,
                max = 3600,
                unit = Unit.SECONDS)
        Duration firstByte,

        @Setting(
                value = "Between two pieces of an answer.",
                byDefault = "120",
                min = 1,
                max = 3600,
                unit = Unit.SECONDS)
        Duration stall,

        @Setting(
                value = "The whole exchange; not counted while `stream` is true.",
                byDefault = "300",
                min = 1,
                max = 1200,
                unit = Unit.SECONDS)
        Duration request,

        @Setting(
                value = "How long an unused connection is kept.",
                byDefault = "60",
                min = 5,
                max = 1800,
                unit = Unit.SECONDS)
        Duration idle) {}
