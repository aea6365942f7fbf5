package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.alert.Webhook;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.Period;
import io.llmproxy.quota.Limit;
import io.llmproxy.quota.LimitWarning;
import io.llmproxy.quota.Standing;
import io.llmproxy.quota.Subject;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LimitMetricsTest {
    private static Standing standing(Metric metric, long size, long left) {
        LimitConfig config = new LimitConfig(metric, Period.DAY, 1.0, List.of(), null, Mode.SHADOW, null, List.of());
        return new Standing(new Limit(Subject.scope("team"), config), size, left, 0, 3);
    }

    @Test
    void warningsOfKeysThatAreIssuedMakeNoLabels() {
        PrometheusRegistry registry = new PrometheusRegistry();
        Consumer<LimitWarning> warnings = LimitMetrics.warnings(registry, new Webhook());
        Standing scope = standing(Metric.TOTAL, 100, 0);
        Limit issued =
                new Limit(Subject.issuedKey("id-7", "team"), scope.limit().config());

        warnings.accept(new LimitWarning(scope, 1, 100));
        warnings.accept(new LimitWarning(new Standing(issued, 100, 0, 0, 0), 1, 100));

        assertThat(registry.scrape().stream()
                        .filter(each -> each.getMetadata().getName().equals("llmproxy_limit_warnings"))
                        .flatMap(each -> each.getDataPoints().stream())
                        .map(point -> point.getLabels().get("subject")))
                .containsExactly("scope");
    }

    @Test
    void costsAreToldInTheCurrencyAndAllElseAsItIsCounted() {
        PrometheusRegistry registry = new PrometheusRegistry();
        LimitMetrics.register(
                registry,
                () -> List.of(standing(Metric.COST, 2_500_000_000L, 500_000_000), standing(Metric.TOTAL, 100, 40)),
                () -> true);

        assertThat(registry.scrape().stream().map(each -> each.getMetadata().getName()))
                .containsExactlyInAnyOrder(
                        "llmproxy_limit_mode",
                        "llmproxy_limit_amount",
                        "llmproxy_limit_remaining",
                        "llmproxy_limit_refused");
        assertThat(registry.scrape().stream()
                        .filter(each -> each.getMetadata().getName().equals("llmproxy_limit_remaining"))
                        .flatMap(each -> each.getDataPoints().stream())
                        .map(point -> ((GaugeDataPointSnapshot) point).getValue()))
                .containsExactlyInAnyOrder(0.5, 40.0);
    }

    @Test
    void oneModeOfThreeIsTold() {
        assertThat(mode(null)).containsExactly("local");
        assertThat(mode(true)).containsExactly("shared");
        assertThat(mode(false)).containsExactly("away");
    }

    private static List<String> mode(@Nullable Boolean storeIsThere) {
        PrometheusRegistry registry = new PrometheusRegistry();
        LimitMetrics.register(registry, List::of, () -> storeIsThere);
        return registry.scrape().stream()
                .filter(each -> each.getMetadata().getName().equals("llmproxy_limit_mode"))
                .flatMap(each -> each.getDataPoints().stream())
                .filter(point -> ((GaugeDataPointSnapshot) point).getValue() == 1)
                .map(point -> Objects.requireNonNull(point.getLabels().get("mode")))
                .toList();
    }
}
