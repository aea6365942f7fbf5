package io.llmproxy.metrics;

import io.llmproxy.telemetry.Exports;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Map;

/** Tells what became of spans, and of metrics that are pushed. */
public final class ExportMetrics {
    private static final double MILLIS = 1000;

    private ExportMetrics() {}

    /**
     * Registers the metrics.
     *
     * @param registry where
     * @param targets what became of spans or points, by where they are sent
     */
    public static void register(PrometheusRegistry registry, Map<String, Exports> targets) {
        CounterWithCallback.builder()
                .name("llmproxy_export_spans_total")
                .help("Spans (metric points for the target otlp_metrics) that the collector accepted.")
                .labelNames("target")
                .callback(
                        counter -> targets.forEach((target, exports) -> counter.call((double) exports.sent(), target)))
                .register(registry);
        CounterWithCallback.builder()
                .name("llmproxy_export_dropped_total")
                .help("Spans (metric points for the target otlp_metrics) that were dropped or rejected.")
                .labelNames("target")
                .callback(counter ->
                        targets.forEach((target, exports) -> counter.call((double) exports.dropped(), target)))
                .register(registry);
        GaugeWithCallback.builder()
                .name("llmproxy_export_last_success_timestamp_seconds")
                .help("Time at which the collector last accepted data; 0 if never.")
                .labelNames("target")
                .callback(gauge ->
                        targets.forEach((target, exports) -> gauge.call(exports.lastSuccess() / MILLIS, target)))
                .register(registry);
    }
}
