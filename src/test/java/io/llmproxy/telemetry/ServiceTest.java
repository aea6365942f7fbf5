package io.llmproxy.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.resources.Resource;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ServiceTest {
    private static final AttributeKey<String> INSTANCE = AttributeKey.stringKey("service.instance.id");

    @Test
    void tracesAndMetricsAreOfOneInstance() {
        Resource traces = Service.resource("llmproxy", "1.0");
        Resource metrics = Service.resource("llmproxy", "1.0");

        String instance = Objects.requireNonNull(traces.getAttribute(INSTANCE));
        assertThat(UUID.fromString(instance).version()).isEqualTo(4);
        assertThat(metrics.getAttribute(INSTANCE)).isEqualTo(instance);
    }
}
