package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.jetty.loop.LoopThreads;
import io.llmproxy.upstream.UpstreamHttp;
import io.llmproxy.upstream.UpstreamListener;
import io.llmproxy.upstream.Upstreams;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class StateMetricsTest {
    private static final ProxyConfig CONFIG =
            ConfigLoader.parse("""
                    http_server: {forwards: [{name: f, upstream_group: g}]}
                    upstreams:
                      - {name: a, url: 'http://a', breaker: {threshold: 0.5}}
                      - {name: b, url: 'http://b', enabled: false}
                    upstream_groups: [{name: g, upstreams: [{name: a, weight: 3}, {name: b}]}]
                    """, "config.yaml", Path.of(""), Map.of()).config();

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final UpstreamHttp http =
            new UpstreamHttp(new EventLoops(new LoopThreads("test", 1), new ScheduledExecutorScheduler(), 1));

    @AfterEach
    void stop() {
        http.stop();
    }

    @Test
    void eachScrapeTellsTheStateOfEachUpstream() throws IOException {
        Upstreams upstreams = Upstreams.NONE.next(CONFIG, http, new UpstreamListener() {});
        StateMetrics.register(registry, "1.2", () -> upstreams, () -> 2);

        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.builder().build().write(out, registry.scrape());

        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("llmproxy_build_info{version=\"1.2\"} 1.0")
                .contains("llmproxy_override_active 2.0")
                .contains("llmproxy_upstream_in_flight{upstream=\"a\"} 0.0")
                .contains("llmproxy_upstream_queued{upstream=\"a\"} 0.0")
                .contains("llmproxy_upstream_state{state=\"serving\",upstream=\"a\"} 1.0")
                .contains("llmproxy_upstream_state{state=\"disabled\",upstream=\"a\"} 0.0")
                .contains("llmproxy_upstream_state{state=\"disabled\",upstream=\"b\"} 1.0")
                .contains("llmproxy_circuitbreaker_state{state=\"closed\",upstream=\"a\"} 1.0")
                .contains("llmproxy_circuitbreaker_state{state=\"half_open\",upstream=\"a\"} 0.0")
                .doesNotContain("llmproxy_circuitbreaker_state{state=\"closed\",upstream=\"b\"}")
                .contains("llmproxy_upstream_effective_weight{group=\"g\",upstream=\"a\"} 3.0")
                .contains("llmproxy_upstream_effective_weight{group=\"g\",upstream=\"b\"} 0.0");
    }
}
