package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.health.StoreStanding;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class StoreMetricsTest {
    private StoreStanding standing = new StoreStanding("n", 8, 8, 8, List.of(), null, null);

    @Test
    void tellsHowTheNodeStands() throws IOException {
        PrometheusRegistry registry = new PrometheusRegistry();
        StoreMetrics.register(registry, () -> standing, () -> Duration.ofMillis(2500));

        assertThat(scraped(registry))
                .contains("llmproxy_keys_feed_age_seconds 2.5")
                .contains("llmproxy_store_up 1.0", "llmproxy_store_away_seconds 0.0", "llmproxy_store_refused 0.0")
                .contains("llmproxy_store_version{state=\"active\"} 8.0", "llmproxy_store_version{state=\"head\"} 8.0");

        standing = new StoreStanding("n", 9, 8, 9, List.of("no"), Duration.ofMillis(1500), null);

        assertThat(scraped(registry))
                .contains("llmproxy_store_up 0.0", "llmproxy_store_away_seconds 1.5", "llmproxy_store_refused 1.0")
                .contains("llmproxy_store_version{state=\"active\"} 8.0", "llmproxy_store_version{state=\"head\"} 9.0");
    }

    private static String scraped(PrometheusRegistry registry) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.builder().build().write(out, registry.scrape());
        return out.toString(StandardCharsets.UTF_8);
    }
}
