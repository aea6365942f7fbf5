package io.llmproxy.metrics;

import io.llmproxy.health.StoreStanding;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.function.Supplier;

/** Tells how a node stands with the store that its configuration is in. */
public final class StoreMetrics {
    private static final double MILLIS = 1000;

    private StoreMetrics() {}

    /**
     * Registers the metrics.
     *
     * @param registry where
     * @param standing how the node stands
     * @param keysAge for how long the store has not told of client keys
     */
    public static void register(
            PrometheusRegistry registry, Supplier<StoreStanding> standing, Supplier<Duration> keysAge) {
        GaugeWithCallback.builder()
                .name("llmproxy_store_up")
                .help("1 while the configuration store answers, 0 while it does not.")
                .callback(gauge -> gauge.call(standing.get().away() == null ? 1 : 0))
                .register(registry);
        GaugeWithCallback.builder()
                .name("llmproxy_store_away_seconds")
                .help("Time for which the configuration store has not answered; 0 while it does.")
                .callback(gauge -> {
                    Duration away = standing.get().away();
                    gauge.call(away == null ? 0 : away.toMillis() / MILLIS);
                })
                .register(registry);
        GaugeWithCallback.builder()
                .name("llmproxy_store_version")
                .help("Version that this node serves (active), and newest version in the store (head); 0 if none.")
                .labelNames("state")
                .callback(gauge -> {
                    StoreStanding now = standing.get();
                    gauge.call((double) now.active(), "active");
                    gauge.call((double) now.head(), "head");
                })
                .register(registry);
        GaugeWithCallback.builder()
                .name("llmproxy_store_refused")
                .help("1 while this node cannot serve the newest version, 0 while it can.")
                .callback(gauge -> gauge.call(standing.get().nack().isEmpty() ? 0 : 1))
                .register(registry);
        GaugeWithCallback.builder()
                .name("llmproxy_keys_feed_age_seconds")
                .help("Time since client keys were last read from the store.")
                .callback(gauge -> gauge.call(keysAge.get().toMillis() / MILLIS))
                .register(registry);
    }
}
