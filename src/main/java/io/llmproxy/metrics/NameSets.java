package io.llmproxy.metrics;

import io.llmproxy.config.MetricsConfig;
import io.llmproxy.config.MetricsConfig.Names;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.upstream.Upstreams;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.registry.PrometheusScrapeRequest;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Under which names metrics are told. Our own are always counted; those of others are counted as soon as a configuration asks for them,
 * and cost nothing before.
 */
public final class NameSets extends PrometheusRegistry implements ExchangeListener {
    private static final String OURS = "llmproxy_";

    private final AttemptCells cells;
    private final MultiCollector llmProxy;
    private final MultiCollector genAi;
    private volatile List<Names> names = List.of(Names.LLMPROXY);

    /**
     * @param upstreams those of the configuration in use
     * @param keys what keys are called
     */
    public NameSets(Supplier<Upstreams> upstreams, KeyLabels keys) {
        cells = new AttemptCells(keys);
        genAi = new GenAiNames(cells);
        llmProxy = new LlmProxyNames(cells, upstreams);
    }

    /** Uses the names that a configuration asks for. */
    public void follow(MetricsConfig config) {
        names = config.names();
    }

    @Override
    public void settled(Exchange exchange, SettledAttempt attempt) {
        List<Names> wanted = names;
        if (wanted.size() > 1 || wanted.get(0) != Names.LLMPROXY) {
            cells.settled(exchange, attempt);
        }
    }

    @Override
    public MetricSnapshots scrape(PrometheusScrapeRequest request) {
        return with(super.scrape(this::isTold, request), name -> true);
    }

    @Override
    public MetricSnapshots scrape(Predicate<String> included, PrometheusScrapeRequest request) {
        return with(super.scrape(included.and(this::isTold), request), included);
    }

    private boolean isTold(String name) {
        return !name.startsWith(OURS) || names.contains(Names.LLMPROXY);
    }

    private MetricSnapshots with(MetricSnapshots ours, Predicate<String> included) {
        List<Names> wanted = names;
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        ours.forEach(all::metricSnapshot);
        if (wanted.contains(Names.LLM_PROXY)) {
            llmProxy.collect(included).forEach(all::metricSnapshot);
        }
        if (wanted.contains(Names.GEN_AI)) {
            genAi.collect(included).forEach(all::metricSnapshot);
        }
        return all.build();
    }
}
