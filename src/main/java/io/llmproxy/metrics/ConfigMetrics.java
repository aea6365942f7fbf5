package io.llmproxy.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Instant;

/** Tells which configuration is served, since when, and how often one was refused. */
public final class ConfigMetrics {
    private final Counter reloads;
    private final Gauge version;
    private final Gauge lastSuccess;

    /** @param registry where the metrics are registered */
    public ConfigMetrics(PrometheusRegistry registry) {
        Instruments instruments = new Instruments(registry);
        reloads = instruments.counter(
                "llmproxy_config_reloads_total", "Configuration loads, including the one at the start.", "result");
        version = instruments.gauge(
                "llmproxy_config_version",
                "Number of the configuration in use, counted from the start of the process.");
        lastSuccess = instruments.gauge(
                "llmproxy_config_last_success_timestamp_seconds", "Time at which the configuration in use was loaded.");
        reloads.initLabelValues("success");
        reloads.initLabelValues("failure");
    }

    /** A configuration was loaded and is served from now on. */
    public void loaded(long served) {
        reloads.labelValues("success").inc();
        version.set((double) served);
        lastSuccess.set((double) Instant.now().getEpochSecond());
    }

    /** A configuration was refused. */
    public void failed() {
        reloads.labelValues("failure").inc();
    }
}
