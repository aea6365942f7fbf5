package io.llmproxy.metrics;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.function.LongSupplier;

/** Tells how much was not logged. */
public final class LogMetrics {
    private LogMetrics() {}

    /**
     * Registers the metric.
     *
     * @param registry where
     * @param access how many access lines were not written
     * @param messages how many messages were not written
     */
    public static void register(PrometheusRegistry registry, LongSupplier access, LongSupplier messages) {
        CounterWithCallback.builder()
                .name("llmproxy_log_dropped_total")
                .help("Log lines that were dropped because the log could not be written in time.")
                .labelNames("log")
                .callback(counter -> {
                    counter.call((double) access.getAsLong(), "access");
                    counter.call((double) messages.getAsLong(), "messages");
                })
                .register(registry);
    }
}
