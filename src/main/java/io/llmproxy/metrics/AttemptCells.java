package io.llmproxy.metrics;

import io.llmproxy.metrics.Distribution.Bounds;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.GenAi;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.proxy.exchange.Trace;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.Usage;
import io.llmproxy.usage.UsageSource;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The figures of all attempts, once, for every set of names that is made of them at a scrape. Labels come from the configuration and from
 * enumerations; beyond {@link #MOST} combinations all else is counted as one.
 */
final class AttemptCells implements ExchangeListener {
    static final int MOST = 5_000;
    static final Bounds SECONDS = Bounds.of(LlmProxyNames.DURATION, GenAiNames.DURATION);
    static final Bounds TO_FIRST = Bounds.of(LlmProxyNames.FIRST_TOKEN, GenAiNames.FIRST_TOKEN);
    static final Bounds BETWEEN = Bounds.of(GenAiNames.BETWEEN_TOKENS);
    static final Bounds PACE = Bounds.of(LlmProxyNames.PER_SECOND);
    static final Bounds TOKENS = Bounds.of(GenAiNames.TOKENS);

    private static final String OTHER = "other";
    private static final Labels REST = new Labels(OTHER, OTHER, null, null, OTHER, OTHER, OTHER, 0, null);
    private static final int ERROR_STATUS = 400;

    private final KeyLabels keys;
    private final ConcurrentMap<Labels, Cell> cells = new ConcurrentHashMap<>();

    AttemptCells(KeyLabels keys) {
        this.keys = keys;
    }

    /**
     * What tells attempts apart.
     *
     * @param operation as OpenTelemetry names it; null if it does not
     * @param provider likewise
     * @param clientKey name of the client's key; a dash for none
     * @param error what went wrong; null if nothing did
     */
    record Labels(
            String method,
            String path,
            @Nullable String operation,
            @Nullable String provider,
            String upstream,
            String model,
            String clientKey,
            int status,
            @Nullable String error) {}

    /** The figures of the attempts that are alike. */
    static final class Cell {
        final LongAdder count = new LongAdder();
        final LongAdder left = new LongAdder();
        final LongAdder input = new LongAdder();
        final LongAdder output = new LongAdder();
        final Distribution seconds = new Distribution(SECONDS);
        final Distribution toFirst = new Distribution(TO_FIRST);
        final Distribution between = new Distribution(BETWEEN);
        final Distribution pace = new Distribution(PACE);
        final Distribution inputTokens = new Distribution(TOKENS);
        final Distribution outputTokens = new Distribution(TOKENS);
    }

    @Override
    public void settled(Exchange exchange, SettledAttempt attempt) {
        Cell cell = cell(labels(exchange, attempt));
        cell.count.increment();
        if (attempt.ending() == SettledAttempt.Ending.CLIENT_GONE) {
            cell.left.increment();
        }
        SettledAttempt.Times times = attempt.times();
        Trace traced = exchange.trace();
        String trace = traced != null && traced.isSampled() ? traced.id() : null;
        cell.seconds.observe(Unit.nanosToSeconds(times.total()), trace);
        Usage usage = attempt.usage().usage();
        count(usage, Count.INPUT, cell.input, cell.inputTokens);
        count(usage, Count.OUTPUT, cell.output, cell.outputTokens);
        if (attempt.stream() && times.firstToken() >= 0) {
            pace(cell, attempt, trace);
        }
    }

    private static void count(Usage usage, Count count, LongAdder sum, Distribution sizes) {
        if (usage.knows(count)) {
            long tokens = usage.get(count, 0);
            sum.add(tokens);
            sizes.observe((double) tokens);
        }
    }

    private static void pace(Cell cell, SettledAttempt attempt, @Nullable String trace) {
        SettledAttempt.Times times = attempt.times();
        cell.toFirst.observe(Unit.nanosToSeconds(times.firstToken()), trace);
        long tokens = attempt.usage().usage().get(Count.OUTPUT, 0);
        long lasted = times.lastToken() - times.firstToken();
        if (attempt.usage().outputSource() == UsageSource.REPORTED && tokens > 1 && lasted > 0) {
            cell.between.observe(Unit.nanosToSeconds(lasted) / (tokens - 1));
            cell.pace.observe(tokens / Unit.nanosToSeconds(times.lastToken()));
        }
    }

    private Labels labels(Exchange exchange, SettledAttempt attempt) {
        ProxyError error = attempt.error();
        return new Labels(
                ProxyMetrics.method(exchange),
                exchange.endpoint().label(),
                GenAi.operation(exchange),
                GenAi.provider(attempt.provider()),
                attempt.upstream(),
                Objects.requireNonNullElse(attempt.model().configured(), OTHER),
                keys.of(exchange.clientKey()),
                attempt.status(),
                error != null ? error.code() : attempt.status() >= ERROR_STATUS ? "upstream_error" : null);
    }

    private Cell cell(Labels labels) {
        Cell known = cells.get(labels);
        if (known != null) {
            return known;
        }
        return cells.computeIfAbsent(cells.size() < MOST ? labels : REST, fresh -> new Cell());
    }

    /** Looks at each combination of labels that there has been. */
    void forEach(BiConsumer<Labels, Cell> each) {
        for (Map.Entry<Labels, Cell> entry : cells.entrySet()) {
            each.accept(entry.getKey(), entry.getValue());
        }
    }
}
