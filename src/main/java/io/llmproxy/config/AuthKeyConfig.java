package io.llmproxy.config;

/** One of the keys that an upstream knows us by. */
public record AuthKeyConfig(
        @Setting(value = "The key.", required = true) Secret key,

        @Setting(
                value = "Share of the requests that are made with it, relative to the other keys.",
                byDefault = "1",
                min = 0.01,
                max = 1000)
        double weight) {}
