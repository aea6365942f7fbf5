package io.llmproxy.config;

import java.time.Duration;

/** How long a client may take to say what it wants. It never limits how long an answer may take. */
public record ClientTimeoutConfig(
        @Setting(
                value = "How long a client may take to send the head of a request, and each gap in its body.",
                byDefault = "10s",
                min = 0.01,
                max = 120,
                unit = Unit.SECONDS)
        Duration connect,

        @Setting(
                value = "How long a client may stop reading its answer before it is disconnected.",
                byDefault = "1m",
                min = 0.01,
                max = 3600,
                unit = Unit.SECONDS)
        Duration write) {}
