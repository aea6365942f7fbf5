package io.llmproxy.metrics;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Map;
import java.util.function.LongSupplier;

/** Tells how nodes share which upstream keeps what. */
public final class ResourceMetrics {
    private ResourceMetrics() {}

    /**
     * Registers the metrics.
     *
     * @param registry where
     * @param lookups how many identifiers were asked for, by result
     * @param updates how many were told, by result
     */
    public static void register(
            PrometheusRegistry registry, Map<String, LongSupplier> lookups, Map<String, LongSupplier> updates) {
        counter(
                registry,
                "llmproxy_resource_lookups_total",
                "Identifiers of resources that this node did not know and asked other nodes for.",
                lookups);
        counter(
                registry,
                "llmproxy_resource_updates_total",
                "Identifiers of resources that this node told other nodes, or did not tell at once.",
                updates);
    }

    private static void counter(
            PrometheusRegistry registry, String name, String help, Map<String, LongSupplier> results) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames("result")
                .callback(
                        counter -> results.forEach((result, count) -> counter.call((double) count.getAsLong(), result)))
                .register(registry);
    }
}
