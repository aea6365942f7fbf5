package io.llmproxy.config;

import org.jspecify.annotations.Nullable;

/** A token bucket for one client key. */
@Switchable
public record KeyRateLimitConfig(
        @Setting(value = "Requests per second in the long run.", byDefault = "100", min = 1, max = 10000)
        int requestsPerSecond,

        @Setting(value = "Requests at once. Default: as many as per second.", min = 1, max = 20000) @Nullable Integer burstSize) {

    /** How many requests may be made at once. */
    public int burst() {
        return burstSize == null ? requestsPerSecond : burstSize;
    }
}
