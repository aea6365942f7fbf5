package io.llmproxy.metrics;

import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.quota.Standing;
import io.llmproxy.quota.Subject;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Tells how much is left of each limit at a scrape. All labels are from the configuration. */
public final class LimitMetrics {
    private static final String[] LABELS = {"subject", "name", "metric", "per", "models"};
    private static final double NANOS = 1e9;

    private LimitMetrics() {}

    /**
     * Registers the metrics.
     *
     * @param registry where
     * @param standings of the limits of the configuration in use
     * @param storeIsThere whether the store answers through which nodes share them; null if there is none
     */
    public static void register(
            PrometheusRegistry registry, Supplier<List<Standing>> standings, Supplier<@Nullable Boolean> storeIsThere) {
        GaugeWithCallback.builder()
                .name("llmproxy_limit_mode")
                .help("1 for how limits are counted: local (each node for itself), shared, or away (the store is).")
                .labelNames("mode")
                .callback(gauge -> {
                    Boolean there = storeIsThere.get();
                    gauge.call(there == null ? 1 : 0, "local");
                    gauge.call(there != null && there ? 1 : 0, "shared");
                    gauge.call(there != null && !there ? 1 : 0, "away");
                })
                .register(registry);
        gauge(registry, "llmproxy_limit_amount", "How much a limit allows.", standings, Standing::size);
        gauge(registry, "llmproxy_limit_remaining", "How much of a limit is left.", standings, Standing::left);
        CounterWithCallback.builder()
                .name("llmproxy_limit_refused")
                .help("Requests that a limit has refused, or in shadow mode would have.")
                .labelNames("subject", "name", "metric", "per", "models", "mode")
                .callback(counter -> standings.get().forEach(each -> {
                    String mode = each.limit().config().mode().name().toLowerCase(Locale.ROOT);
                    Subject subject = each.limit().subject();
                    LimitConfig config = each.limit().config();
                    counter.call(
                            (double) each.refused(),
                            subject.kind().label(),
                            subject.id(),
                            config.metric().label(),
                            config.periodLabel(),
                            models(config),
                            mode);
                }))
                .register(registry);
    }

    private static void gauge(
            PrometheusRegistry registry,
            String name,
            String help,
            Supplier<List<Standing>> standings,
            ToLongFunction<Standing> value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames(LABELS)
                .callback(gauge -> standings.get().forEach(each -> {
                    Subject subject = each.limit().subject();
                    LimitConfig config = each.limit().config();
                    double units = (double) value.applyAsLong(each);
                    gauge.call(
                            config.metric() == Metric.COST ? units / NANOS : units,
                            subject.kind().label(),
                            subject.id(),
                            config.metric().label(),
                            config.periodLabel(),
                            models(config));
                }))
                .register(registry);
    }

    private static String models(LimitConfig config) {
        return config.models().stream().map(ModelPattern::text).collect(Collectors.joining(" "));
    }
}
