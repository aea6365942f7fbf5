package io.llmproxy.metrics;

import io.llmproxy.breaker.CircuitBreaker.State;
import io.llmproxy.upstream.Standing;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.upstream.Upstreams;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Locale;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** Tells what is so at the moment of a scrape: nothing is counted between two of them. */
public final class StateMetrics {
    private final PrometheusRegistry registry;
    private final Supplier<Upstreams> upstreams;

    private StateMetrics(PrometheusRegistry registry, Supplier<Upstreams> upstreams) {
        this.registry = registry;
        this.upstreams = upstreams;
    }

    /**
     * Registers the metrics.
     *
     * @param registry where
     * @param version of the gateway
     * @param upstreams those of the configuration in use
     * @param overrides how much operators have changed
     */
    public static void register(
            PrometheusRegistry registry, String version, Supplier<Upstreams> upstreams, IntSupplier overrides) {
        StateMetrics metrics = new StateMetrics(registry, upstreams);
        metrics.gauge("llmproxy_build_info", "1, with the version of the gateway.", "version")
                .callback(gauge -> gauge.call(1, version))
                .register(registry);
        metrics.gauge("llmproxy_override_active", "Active overrides by operators.")
                .callback(gauge -> gauge.call(overrides.getAsInt()))
                .register(registry);
        metrics.inFlight();
        metrics.states();
        metrics.breakers();
        metrics.weights();
    }

    private void inFlight() {
        gauge("llmproxy_upstream_in_flight", "Requests that an upstream is working on.", "upstream")
                .callback(gauge -> upstreams.get().all().forEach(up -> gauge.call(up.inFlight(), up.name())))
                .register(registry);
        gauge(
                        "llmproxy_upstream_queued",
                        "Requests that wait for an upstream that serves as many as it may.",
                        "upstream")
                .callback(gauge -> upstreams.get().all().forEach(up -> gauge.call(up.queued(), up.name())))
                .register(registry);
    }

    private void states() {
        gauge(
                        "llmproxy_upstream_state",
                        "1 for the state that an upstream is in, 0 for every other.",
                        "upstream",
                        "state")
                .callback(gauge -> {
                    long now = System.nanoTime();
                    for (Upstream upstream : upstreams.get().all()) {
                        Standing standing = upstream.standing(now);
                        for (Standing each : Standing.values()) {
                            gauge.call(each == standing ? 1 : 0, upstream.name(), each.label());
                        }
                    }
                })
                .register(registry);
    }

    private void breakers() {
        gauge(
                        "llmproxy_circuitbreaker_state",
                        "1 for the state that the breaker of an upstream is in, 0 for every other.",
                        "upstream",
                        "state")
                .callback(gauge -> {
                    for (Upstream upstream : upstreams.get().all()) {
                        State state = upstream.breakerState();
                        if (state != null) {
                            for (State each : State.values()) {
                                gauge.call(each == state ? 1 : 0, upstream.name(), label(each));
                            }
                        }
                    }
                })
                .register(registry);
    }

    private void weights() {
        gauge(
                        "llmproxy_upstream_effective_weight",
                        "Current weight of an upstream in a group: less than configured with strategy adaptive"
                                + " after failures, 0 while the upstream is unavailable.",
                        "group",
                        "upstream")
                .callback(gauge -> {
                    long now = System.nanoTime();
                    for (UpstreamGroup group : upstreams.get().groups()) {
                        group.shares(now)
                                .forEach(share -> gauge.call(share.effective(), group.name(), share.upstream()));
                    }
                })
                .register(registry);
    }

    private static String label(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    private GaugeWithCallback.Builder gauge(String name, String help, String... labels) {
        return GaugeWithCallback.builder().name(name).help(help).labelNames(labels);
    }
}
