package io.llmproxy.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Requests that are made only to find out whether an upstream is well. */
@Switchable
public record HealthCheckConfig(
        @Setting(
                "Path and query of the request, below the upstream's `url`. Default: the provider's list of models; if there is none, a connection is enough.")
        @Nullable String path,

        @Setting(value = "Method of the request.", byDefault = "GET")
        String method,

        @Setting("Body of the request.") @Nullable String body,

        @Setting("Headers of the request, besides the upstream's credential.")
        List<HeaderLineConfig> headers,

        @Setting(
                value = "Pause between two checks; each varies by up to a tenth, so that they spread.",
                byDefault = "1m",
                min = 0.1,
                max = 86400,
                unit = Unit.SECONDS)
        Duration interval,

        @Setting(
                value = "How long a check may take until it counts as failed.",
                byDefault = "5s",
                min = 0.01,
                max = 300,
                unit = Unit.SECONDS)
        Duration timeout,

        @Setting(
                value = "Failed checks in a row after which the upstream gets no more requests.",
                byDefault = "1",
                min = 1,
                max = 100)
        int unhealthyThreshold,

        @Setting(
                value = "Successful checks in a row after which it gets requests again.",
                byDefault = "1",
                min = 1,
                max = 100)
        int healthyThreshold) {
    public HealthCheckConfig {
        headers = List.copyOf(headers);
    }
}
