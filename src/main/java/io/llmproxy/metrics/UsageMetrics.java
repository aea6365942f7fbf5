package io.llmproxy.metrics;

import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.Usage;
import io.llmproxy.usage.UsageAnomaly;
import io.llmproxy.usage.UsageSource;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.math.BigDecimal;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.DoubleAdder;
import org.jspecify.annotations.Nullable;

/** Counts what attempts used and cost, and how fast their tokens came, for each upstream and each model that the configuration names. */
public final class UsageMetrics implements ExchangeListener {
    private static final String OTHER = "other";
    private static final double[] TO_FIRST_TOKEN = {0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 30, 60};
    private static final double[] BETWEEN_TOKENS = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5};
    private static final double[] PER_SECOND = {1, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000};

    private final KeyedCounter input;
    private final KeyedCounter output;
    private final KeyedCounter cacheRead;
    private final KeyedCounter cacheWrite;
    private final KeyedCounter reasoning;
    private final KeyedCounter cost;
    private final KeyedCounter unpriced;
    private final Counter records;
    private final Counter anomalies;
    private final KeyLabels keys;
    private final Histogram firstToken;
    private final Histogram betweenTokens;
    private final Histogram perSecond;
    /** Looked up once for each attempt, and not once for each of its figures. */
    private final ConcurrentMap<Labels, Cells> cells = new ConcurrentHashMap<>();

    /**
     * @param registry where the metrics are registered
     * @param keys what keys are called
     */
    public UsageMetrics(PrometheusRegistry registry, KeyLabels keys) {
        this.keys = keys;
        Instruments made = new Instruments(registry);
        input = tokens(made, "input", "Input tokens, including those read from and written to the cache.");
        output = tokens(made, "output", "Output tokens, including reasoning.");
        cacheRead = tokens(made, "cache_read", "Input tokens that were read from the cache; also in the input.");
        cacheWrite = tokens(made, "cache_write", "Input tokens that were written to the cache; also in the input.");
        reasoning = tokens(made, "reasoning", "Output tokens that are reasoning; also in the output.");
        cost = made.keyed(
                "llmproxy_cost_total", "Cost of attempts, as far as it is known.", "upstream", "model", "currency");
        unpriced = made.keyed(
                "llmproxy_unpriced_requests_total",
                "Attempts whose cost is not known because their model has no price.",
                "upstream",
                "model");
        records = made.counter(
                "llmproxy_usage_records_total", "Attempts by source of their token counts.", "upstream", "source");
        anomalies = made.counter(
                "llmproxy_usage_anomalies_total",
                "Token counts of upstreams that are contradictory.",
                "upstream",
                "kind");
        firstToken = made.histogram(
                "llmproxy_ttft_seconds",
                "Streams: time from the request to an upstream to its first token.",
                TO_FIRST_TOKEN,
                "upstream",
                "model");
        betweenTokens = made.histogram(
                "llmproxy_time_per_output_token_seconds",
                "Streams: mean time between two output tokens.",
                BETWEEN_TOKENS,
                "upstream",
                "model");
        perSecond = made.histogram(
                "llmproxy_output_tokens_per_second",
                "Output tokens, divided by the time from the request to the last token.",
                PER_SECOND,
                "upstream",
                "model");
    }

    private static KeyedCounter tokens(Instruments made, String kind, String help) {
        return made.keyed("llmproxy_usage_" + kind + "_tokens_total", help, "upstream", "model");
    }

    /** @param key empty for none */
    private record Labels(String upstream, String model, String key) {}

    /** The figures of one upstream and one model, and of one key if they are told by it. */
    private record Cells(
            DoubleAdder input,
            DoubleAdder output,
            DoubleAdder cacheRead,
            DoubleAdder cacheWrite,
            DoubleAdder reasoning,
            DistributionDataPoint firstToken,
            DistributionDataPoint betweenTokens,
            DistributionDataPoint perSecond) {}

    private Cells cells(Labels labels) {
        String upstream = labels.upstream();
        String model = labels.model();
        return new Cells(
                input.of(labels.key(), upstream, model),
                output.of(labels.key(), upstream, model),
                cacheRead.of(labels.key(), upstream, model),
                cacheWrite.of(labels.key(), upstream, model),
                reasoning.of(labels.key(), upstream, model),
                firstToken.labelValues(upstream, model),
                betweenTokens.labelValues(upstream, model),
                perSecond.labelValues(upstream, model));
    }

    @Override
    public void settled(Exchange exchange, SettledAttempt attempt) {
        AttemptUsage used = attempt.usage();
        String upstream = attempt.upstream();
        records.labelValues(upstream, used.source().label()).inc();
        for (UsageAnomaly anomaly : used.anomalies()) {
            anomalies.labelValues(upstream, anomaly.label()).inc();
        }
        if (used.source() == UsageSource.NONE && used.usage().isUnknown()) {
            return;
        }
        String configured = attempt.model().configured();
        String model = configured == null ? OTHER : configured;
        Labels labels = new Labels(upstream, model, keys.asked(exchange.clientKey()));
        Cells figures = cells.computeIfAbsent(labels, this::cells);
        Usage usage = used.usage();
        add(figures.input, usage, Count.INPUT);
        add(figures.output, usage, Count.OUTPUT);
        add(figures.cacheRead, usage, Count.CACHE_READ);
        add(figures.cacheWrite, usage, Count.CACHE_WRITE);
        add(figures.reasoning, usage, Count.REASONING);
        cost(attempt.cost(), labels);
        pace(figures, attempt);
    }

    private static void add(DoubleAdder counter, Usage usage, Count count) {
        long value = usage.get(count, 0);
        if (value > 0) {
            counter.add((double) value);
        }
    }

    private void cost(Cost known, Labels labels) {
        @Nullable Money amount = known.amount();
        if (amount != null) {
            cost.of(labels.key(), labels.upstream(), labels.model(), amount.currency())
                    .add(BigDecimal.valueOf(amount.picos(), Money.SCALE).doubleValue());
        } else if (known.state() == Cost.State.UNPRICED) {
            unpriced.of(labels.key(), labels.upstream(), labels.model()).add(1);
        }
    }

    private static void pace(Cells figures, SettledAttempt attempt) {
        SettledAttempt.Times times = attempt.times();
        AttemptUsage used = attempt.usage();
        if (!attempt.stream() || times.firstToken() < 0) {
            return;
        }
        figures.firstToken.observe(Unit.nanosToSeconds(times.firstToken()));
        long tokens = used.usage().get(Count.OUTPUT, 0);
        long lasted = times.lastToken() - times.firstToken();
        if (used.outputSource() == UsageSource.REPORTED && tokens > 1 && lasted > 0) {
            figures.betweenTokens.observe(Unit.nanosToSeconds(lasted) / (tokens - 1));
            figures.perSecond.observe(tokens / Unit.nanosToSeconds(times.lastToken()));
        }
    }
}
