package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.breaker.CircuitBreaker.State;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.upstream.KeyFailure;
import io.llmproxy.upstream.UpstreamListener.Call;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class UpstreamMetricsTest {
    private static final UpstreamConfig UPSTREAM = ConfigLoader.parse("""
                    http_server: {forwards: [{name: f, upstream_group: g}]}
                    upstreams: [{name: u, url: 'http://u/v1?key=hunter2'}]
                    upstream_groups: [{name: g, upstreams: [{name: u}]}]
                    """, "config.yaml", Path.of(""), Map.of())
            .config()
            .upstreams()
            .get(0);

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final UpstreamMetrics metrics = new UpstreamMetrics(registry);

    @Test
    void aBreakerIsCountedForEachGroupWithoutTheQueryOfItsUrl() {
        metrics.breakerChanged(List.of("g", "h"), UPSTREAM, State.CLOSED, State.HALF_OPEN);
        metrics.breakerCalled("g", UPSTREAM, Call.REJECTED);

        assertThat(scraped())
                .contains("llmproxy_circuitbreaker_state_changes_total{from=\"closed\",group=\"g\",to=\"half_open\","
                        + "upstream=\"u\",url=\"http://u/v1\"} 1.0")
                .contains("llmproxy_circuitbreaker_state_changes_total{from=\"closed\",group=\"h\",to=\"half_open\","
                        + "upstream=\"u\",url=\"http://u/v1\"} 1.0")
                .contains("llmproxy_circuitbreaker_calls_total{group=\"g\",result=\"rejected\",upstream=\"u\","
                        + "url=\"http://u/v1\"} 1.0")
                .doesNotContain("hunter2");
    }

    @Test
    void keysAreToldByTheirPlace() {
        metrics.keyFailed("u", 2, KeyFailure.NO_TOKEN);

        assertThat(scraped())
                .contains("llmproxy_upstream_key_failures_total{key=\"2\",reason=\"no_token\",upstream=\"u\"} 1.0");
    }

    @Test
    void healthIsToldAsLongAsItIsChecked() {
        metrics.healthChecked("u", true);
        metrics.healthChecked("u", false);
        metrics.healthChanged("u", false);
        assertThat(scraped())
                .contains("llmproxy_upstream_health_checks_total{result=\"failure\",upstream=\"u\"} 1.0")
                .contains("llmproxy_upstream_health_checks_total{result=\"success\",upstream=\"u\"} 1.0")
                .contains("llmproxy_upstream_healthy{upstream=\"u\"} 0.0");
        metrics.healthChanged("u", true);
        assertThat(scraped()).contains("llmproxy_upstream_healthy{upstream=\"u\"} 1.0");

        metrics.healthUnwatched("u");

        assertThat(scraped()).doesNotContain("llmproxy_upstream_healthy{");
    }

    private String scraped() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            PrometheusTextFormatWriter.builder().build().write(out, registry.scrape());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
