package io.llmproxy.metrics;

import io.llmproxy.breaker.CircuitBreaker.State;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.upstream.KeyFailure;
import io.llmproxy.upstream.UpstreamListener;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Locale;

/** Counts what breakers and health checks do, under the names that LLMProxy's documents give. */
public final class UpstreamMetrics implements UpstreamListener {
    private final Counter stateChanges;
    private final Counter calls;
    private final Counter keyFailures;
    private final Counter checks;
    private final Gauge health;

    /** @param registry where the metrics are registered */
    public UpstreamMetrics(PrometheusRegistry registry) {
        Instruments instruments = new Instruments(registry);
        stateChanges = instruments.counter(
                "llmproxy_circuitbreaker_state_changes_total",
                "State changes of circuit breakers.",
                "group",
                "upstream",
                "url",
                "from",
                "to");
        calls = instruments.counter(
                "llmproxy_circuitbreaker_calls_total",
                "Calls to upstreams that have a circuit breaker: success, failure, or rejected.",
                "group",
                "upstream",
                "url",
                "result");
        keyFailures = instruments.counter(
                "llmproxy_upstream_key_failures_total",
                "Failed requests by upstream key: unauthorized, forbidden,"
                        + " rate_limited, or no_token (its token could not be fetched).",
                "upstream",
                "key",
                "reason");
        checks = instruments.counter(
                "llmproxy_upstream_health_checks_total",
                "Health checks of upstreams: success or failure.",
                "upstream",
                "result");
        health = instruments.gauge(
                "llmproxy_upstream_healthy",
                "1 while health checks of the upstream succeed, 0 while they fail.",
                "upstream");
    }

    @Override
    public void breakerChanged(List<String> groups, UpstreamConfig upstream, State from, State to) {
        groups.forEach(group -> stateChanges
                .labelValues(group, upstream.name(), url(upstream), label(from), label(to))
                .inc());
    }

    @Override
    public void breakerCalled(String group, UpstreamConfig upstream, Call call) {
        calls.labelValues(group, upstream.name(), url(upstream), label(call)).inc();
    }

    @Override
    public void keyFailed(String upstream, int place, KeyFailure reason) {
        keyFailures
                .labelValues(upstream, Integer.toString(place), reason.label())
                .inc();
    }

    @Override
    public void healthChecked(String upstream, boolean success) {
        checks.labelValues(upstream, success ? "success" : "failure").inc();
    }

    @Override
    public void healthChanged(String upstream, boolean well) {
        health.labelValues(upstream).set(well ? 1 : 0);
    }

    @Override
    public void healthUnwatched(String upstream) {
        health.remove(upstream);
    }

    /** Without its query, which may hold a key. */
    private static String url(UpstreamConfig upstream) {
        String url = upstream.url().toString();
        int query = url.indexOf('?');
        return query < 0 ? url : url.substring(0, query);
    }

    private static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
