package io.llmproxy.metrics;

import io.llmproxy.capture.CaptureStatus;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.function.Supplier;

/** Tells how the log of bodies does. */
public final class CaptureMetrics {
    private CaptureMetrics() {}

    /**
     * Registers the metrics.
     *
     * @param registry where
     * @param status how it does
     */
    public static void register(PrometheusRegistry registry, Supplier<CaptureStatus> status) {
        CounterWithCallback.builder()
                .name("llmproxy_capture_records_total")
                .help("Records with bodies by outcome.")
                .labelNames("result")
                .callback(callback -> {
                    CaptureStatus now = status.get();
                    callback.call((double) now.written(), "written");
                    callback.call((double) now.dropped(), "dropped");
                })
                .register(registry);
        GaugeWithCallback.builder()
                .name("llmproxy_capture_memory_bytes")
                .help("Memory of bodies that are recorded and not written yet.")
                .callback(callback -> callback.call((double) status.get().memory()))
                .register(registry);
        GaugeWithCallback.builder()
                .name("llmproxy_capture_degraded")
                .help("1 while records with bodies cannot be written, 0 while they can.")
                .callback(callback -> callback.call(status.get().error() == null ? 0 : 1))
                .register(registry);
    }
}
