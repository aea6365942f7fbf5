package io.llmproxy.metrics;

import io.llmproxy.breaker.CircuitBreaker.State;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.upstream.Upstreams;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Locale;
import java.util.function.Supplier;

/** The names that maywzh's llm-proxy has, {@code llm_proxy_*}: for dashboards that were made for it. */
final class LlmProxyNames implements MultiCollector {
    static final double[] DURATION = {0.1, 0.5, 1, 2, 5, 10, 30, 60, 120};
    static final double[] FIRST_TOKEN = {0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};
    static final double[] PER_SECOND = {1, 5, 10, 20, 30, 50, 75, 100, 150, 200};
    private static final double[] LATENCY = {0.1, 0.5, 1, 2, 5, 10, 30};
    private static final String SOURCE = "source";
    private static final String FROM_PROVIDER = "provider";

    private final AttemptCells cells;
    private final Supplier<Upstreams> upstreams;

    LlmProxyNames(AttemptCells cells, Supplier<Upstreams> upstreams) {
        this.cells = cells;
        this.upstreams = upstreams;
    }

    @Override
    public MetricSnapshots collect() {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        requests(all);
        tokens(all);
        pace(all);
        providers(all);
        return all.build();
    }

    private void requests(MetricSnapshots.Builder all) {
        Family.Sums requests = new Family.Sums();
        Family.Sums left = new Family.Sums();
        Family.Histograms durations = new Family.Histograms(AttemptCells.SECONDS);
        Family.Histograms latencies = new Family.Histograms(AttemptCells.SECONDS);
        cells.forEach((of, cell) -> {
            Labels of6 = Labels.of(
                    "api_key_name", of.clientKey(),
                    "endpoint", of.path(),
                    "method", of.method(),
                    "model", of.model(),
                    "provider", of.upstream());
            requests.add(of6.merge(Labels.of("status_code", Integer.toString(of.status()))), cell.count.sum());
            durations.add(of6, cell.seconds);
            latencies.add(Labels.of("provider", of.upstream()), cell.seconds);
            left.add(model(of), cell.left.sum());
        });
        all.metricSnapshot(requests.counter("llm_proxy_requests", "Requests to providers, each attempt counted."));
        all.metricSnapshot(
                durations.histogram("llm_proxy_request_duration_seconds", "Time of a request to its end.", DURATION));
        all.metricSnapshot(
                latencies.histogram("llm_proxy_provider_latency_seconds", "Time of a request to its end.", LATENCY));
        all.metricSnapshot(left.counter("llm_proxy_client_disconnects", "Requests whose client left."));
    }

    private static Labels model(AttemptCells.Labels of) {
        return Labels.of("model", of.model(), "provider", of.upstream());
    }

    private void tokens(MetricSnapshots.Builder all) {
        Family.Sums tokens = new Family.Sums();
        cells.forEach((of, cell) -> {
            Labels labels = model(of).merge(Labels.of("api_key_name", of.clientKey()));
            long input = cell.input.sum();
            long output = cell.output.sum();
            tokens.add(labels.merge(Labels.of("token_type", "prompt")), input);
            tokens.add(labels.merge(Labels.of("token_type", "completion")), output);
            tokens.add(labels.merge(Labels.of("token_type", "total")), input + output);
        });
        all.metricSnapshot(tokens.counter("llm_proxy_tokens", "Tokens by type."));
    }

    private void pace(MetricSnapshots.Builder all) {
        Family.Histograms first = new Family.Histograms(AttemptCells.TO_FIRST);
        Family.Histograms pace = new Family.Histograms(AttemptCells.PACE);
        cells.forEach((of, cell) -> {
            Labels labels = model(of).merge(Labels.of(SOURCE, FROM_PROVIDER));
            first.add(labels, cell.toFirst);
            pace.add(labels, cell.pace);
        });
        all.metricSnapshot(first.histogram("llm_proxy_ttft_seconds", "Time to the first token.", FIRST_TOKEN));
        all.metricSnapshot(pace.histogram("llm_proxy_tokens_per_second", "Tokens per second.", PER_SECOND));
    }

    private void providers(MetricSnapshots.Builder all) {
        long now = System.nanoTime();
        Family.Sums health = new Family.Sums();
        Family.Sums circuits = new Family.Sums();
        Family.Sums weights = new Family.Sums();
        for (Upstream upstream : upstreams.get().all()) {
            Labels provider = Labels.of("provider", upstream.name());
            health.add(provider, upstream.standing(now).isUp() ? 1 : 0);
            State state = upstream.breakerState();
            for (State each : State.values()) {
                if (state != null) {
                    circuits.add(
                            provider.merge(Labels.of("state", each.name().toLowerCase(Locale.ROOT))),
                            each == state ? 1 : 0);
                }
            }
        }
        for (UpstreamGroup group : upstreams.get().groups()) {
            group.shares(now).forEach(share -> weights.add(Labels.of("provider", share.upstream()), share.effective()));
        }
        all.metricSnapshot(
                health.gauge("llm_proxy_provider_health", "1 while a provider is asked, 0 while it is not."));
        all.metricSnapshot(circuits.gauge("llm_proxy_provider_circuit_state", "1 for the state of the breaker."));
        all.metricSnapshot(
                weights.gauge("llm_proxy_provider_effective_weight", "Weight at the moment, of all groups."));
    }
}
