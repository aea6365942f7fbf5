package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.capture.CaptureStatus;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class CaptureMetricsTest {
    private final AtomicReference<CaptureStatus> status = new AtomicReference<>(new CaptureStatus(3, 1, 200, null));
    private final PrometheusRegistry registry = new PrometheusRegistry();

    @Test
    void recordsMemoryAndTroubleAreTold() throws IOException {
        CaptureMetrics.register(registry, status::get);

        assertThat(told())
                .contains("llmproxy_capture_records_total{result=\"written\"} 3.0")
                .contains("llmproxy_capture_records_total{result=\"dropped\"} 1.0")
                .contains("llmproxy_capture_memory_bytes 200.0")
                .contains("llmproxy_capture_degraded 0.0");
        status.set(new CaptureStatus(3, 2, 0, "full"));
        assertThat(told()).contains("llmproxy_capture_degraded 1.0");
    }

    private String told() throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.create().write(text, registry.scrape());
        return text.toString(StandardCharsets.UTF_8);
    }
}
