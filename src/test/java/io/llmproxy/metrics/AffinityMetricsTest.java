package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.Provider;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.proxy.servlet.Entrance;
import io.llmproxy.proxy.servlet.FakeClient;
import io.llmproxy.upstream.Placement;
import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.Usage;
import io.llmproxy.usage.UsageSource;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is counted of requests that belong to an upstream. */
final class AffinityMetricsTest {
    private static final Usage CACHED =
            new Usage.Builder().set(Count.INPUT, 100).set(Count.CACHE_READ, 80).build();

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final AffinityMetrics metrics = new AffinityMetrics(registry);

    private void settle(@Nullable Placement placement, Usage usage) throws Exception {
        UsageSource source = UsageSource.REPORTED;
        AttemptUsage used =
                new AttemptUsage(usage, source, source, source, null, 0, AttemptUsage.Answer.UNKNOWN, Set.of(), null);
        try (Entrance entrance = new Entrance("", new ExchangeListener() {})) {
            Exchange exchange = Objects.requireNonNull(entrance.routed(FakeClient.of("POST", "/v1/chat/completions")));
            metrics.settled(
                    exchange,
                    new SettledAttempt(
                            1,
                            1,
                            "g",
                            "u",
                            Provider.OPENAI,
                            0,
                            placement,
                            SettledAttempt.Model.UNKNOWN,
                            false,
                            200,
                            SettledAttempt.Ending.COMPLETED,
                            null,
                            new SettledAttempt.Times(0, 0, 0, 0, 0),
                            10,
                            20,
                            used,
                            new Cost(Cost.State.NONE, null, null, null, null)));
        }
    }

    private String scraped() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.builder().build().write(out, registry.scrape());
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void requestsAndTheTokensOfTheCacheAreCountedByPlacement() throws Exception {
        settle(Placement.HOME, CACHED);
        settle(Placement.HOME, CACHED);
        settle(
                Placement.SPILLED,
                new Usage.Builder()
                        .set(Count.INPUT, 100)
                        .set(Count.CACHE_READ, 0)
                        .build());

        assertThat(scraped())
                .contains("llmproxy_affinity_requests_total{group=\"g\",placement=\"home\"} 2.0\n")
                .contains("llmproxy_affinity_requests_total{group=\"g\",placement=\"spilled\"} 1.0\n")
                .contains("llmproxy_affinity_input_tokens_total{group=\"g\",placement=\"home\"} 200.0\n")
                .contains("llmproxy_affinity_cached_tokens_total{group=\"g\",placement=\"home\"} 160.0\n")
                .contains("llmproxy_affinity_input_tokens_total{group=\"g\",placement=\"spilled\"} 100.0\n")
                .contains("llmproxy_affinity_cached_tokens_total{group=\"g\",placement=\"spilled\"} 0.0\n");
    }

    @Test
    void tokensOfUpstreamsThatTellNothingOfACacheAreNotCounted() throws Exception {
        settle(Placement.AWAY, Usage.of(12, 5));

        assertThat(scraped())
                .contains("llmproxy_affinity_requests_total{group=\"g\",placement=\"away\"} 1.0\n")
                .doesNotContain("llmproxy_affinity_input_tokens_total{");
    }

    @Test
    void groupsWithoutAffinityHaveNoSeries() throws Exception {
        settle(null, CACHED);

        assertThat(scraped()).doesNotContain("group=");
    }
}
