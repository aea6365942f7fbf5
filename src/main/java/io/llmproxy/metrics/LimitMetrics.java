package io.llmproxy.metrics;

import io.llmproxy.alert.Webhook;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.quota.LimitWarning;
import io.llmproxy.quota.Standing;
import io.llmproxy.quota.Subject;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tells how much is left of each limit at a scrape. All labels are from the configuration: limits of keys that are issued while the
 * gateway runs are not among them.
 */
public final class LimitMetrics {
    private static final String[] LABELS = {"subject", "name", "metric", "per", "models"};

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
                .help("1 for the counting mode: local (each node for itself), shared, or away (Redis is unavailable).")
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

    /**
     * Registers the metrics of warnings.
     *
     * @param registry where
     * @param webhook what became of warnings that were sent
     * @return counts a warning, unless it is of a key that is not part of the configuration
     */
    public static Consumer<LimitWarning> warnings(PrometheusRegistry registry, Webhook webhook) {
        Counter counter = new Instruments(registry)
                .counter(
                        "llmproxy_limit_warnings",
                        "Warnings about limit usage.",
                        "subject",
                        "name",
                        "metric",
                        "per",
                        "models",
                        "share");
        CounterWithCallback.builder()
                .name("llmproxy_webhook_posts")
                .help("Warnings for the webhook by outcome.")
                .labelNames("result")
                .callback(callback -> {
                    callback.call((double) webhook.sent(), "sent");
                    callback.call((double) webhook.dropped(), "dropped");
                })
                .register(registry);
        return warning -> {
            Subject subject = warning.standing().limit().subject();
            if (subject.kind() == Subject.Kind.ISSUED_KEY) {
                return;
            }
            LimitConfig config = warning.standing().limit().config();
            counter.labelValues(
                            subject.kind().label(),
                            subject.id(),
                            config.metric().label(),
                            config.periodLabel(),
                            models(config),
                            Double.toString(warning.share()))
                    .inc();
        };
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
                    gauge.call(
                            config.amountOf(value.applyAsLong(each)),
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
