package io.llmproxy.config;

/** A token bucket for each client address. */
@Switchable
public record RateLimitConfig(
        @Setting(
                value = "Requests per second and client address in the long run.",
                byDefault = "100",
                min = 1,
                max = 10000)
        int perSecond,

        @Setting(value = "Requests that a client address may make at once.", byDefault = "200", min = 1, max = 20000)
        int burst) {}
