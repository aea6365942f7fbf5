package io.llmproxy.config;

import java.net.URI;
import java.time.Duration;
import java.util.List;

/** Where traces and metrics are sent: a collector that takes OpenTelemetry's protocol (OTLP) over HTTP. */
@Switchable
public record OtelConfig(
        @Setting(
                value = "Base URL of the collector; `/v1/traces` or `/v1/metrics` is added.",
                byDefault = "http://localhost:4318")
        URI endpoint,

        @Setting("Headers that are sent to the collector, such as a credential.")
        List<HeaderLineConfig> headers,

        @Setting(value = "Name of the service.", byDefault = "llmproxy")
        String serviceName,

        @Setting(
                value =
                        "Share of the traces that are sent. A client that sends `traceparent` decides for its own traces; failures are always sent.",
                byDefault = "0.01",
                min = 0,
                max = 1)
        double sampleRatio,

        @Setting(
                value = "Whether `traceparent` is sent to upstreams. If `false`, the client's is not passed on either.",
                byDefault = "true")
        boolean propagate,

        @Setting(
                value = "Interval of pushing metrics, the same as a scrape shows; 0: never.",
                byDefault = "0",
                min = 0,
                max = 24 * 3600,
                unit = Unit.SECONDS)
        Duration metricsInterval) {
    public OtelConfig {
        headers = List.copyOf(headers);
    }
}
