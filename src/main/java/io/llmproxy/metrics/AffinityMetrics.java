package io.llmproxy.metrics;

import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.upstream.Placement;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.Usage;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** Counts, in groups with affinity, whether requests meet the upstream that they belong to, and what its caches are worth. */
public final class AffinityMetrics implements ExchangeListener {
    private final Counter requests;
    private final Counter input;
    private final Counter cached;

    /** @param registry where the metrics are registered */
    public AffinityMetrics(PrometheusRegistry registry) {
        Instruments made = new Instruments(registry);
        requests = made.counter(
                "llmproxy_affinity_requests_total",
                "Requests to upstreams by their affinity: whether the upstream is the one that related requests go to.",
                "group",
                "placement");
        input = made.counter(
                "llmproxy_affinity_input_tokens_total",
                "Input tokens of attempts whose upstream reports how many it read from its cache.",
                "group",
                "placement");
        cached = made.counter(
                "llmproxy_affinity_cached_tokens_total",
                "Input tokens read from the upstream's cache.",
                "group",
                "placement");
    }

    @Override
    public void settled(Exchange exchange, SettledAttempt attempt) {
        Placement placement = attempt.placement();
        if (placement == null) {
            return;
        }
        requests.labelValues(attempt.group(), placement.label()).inc();
        Usage usage = attempt.usage().usage();
        long read = usage.get(Count.CACHE_READ, -1);
        if (read >= 0) {
            input.labelValues(attempt.group(), placement.label()).inc(Math.max(read, usage.get(Count.INPUT, 0)));
            cached.labelValues(attempt.group(), placement.label()).inc(read);
        }
    }
}
