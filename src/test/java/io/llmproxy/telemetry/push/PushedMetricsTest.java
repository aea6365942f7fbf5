package io.llmproxy.telemetry.push;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.OtelConfig;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.UpstreamRequest;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PushedMetricsTest {
    private static final String PATH = "/v1/metrics";
    private static final Behaviour TAKEN = Behaviour.status(200, "Content-Type: application/x-protobuf\r\n", "");
    private static final Duration OFTEN = Duration.ofMillis(20);
    private static final Duration RARELY = Duration.ofHours(1);
    private static final Duration SOON = Duration.ofSeconds(3);

    private final FakeUpstream collector = FakeUpstream.start();
    private final FakeUpstream other = FakeUpstream.start();
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final AtomicInteger scrapes = new AtomicInteger();
    private final PushedMetrics pushed = new PushedMetrics(registry, "1.0", 0);

    PushedMetricsTest() {
        Collector counter = () -> {
            if (scrapes.incrementAndGet() == 2) {
                throw new AssertionError("the second scrape fails");
            }
            return CounterSnapshot.builder()
                    .name("llmproxy_requests")
                    .dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                            .value(1)
                            .build())
                    .build();
        };
        registry.register(counter);
    }

    @AfterEach
    void close() {
        pushed.close();
        collector.close();
        other.close();
    }

    private static OtelConfig to(FakeUpstream target, Duration interval) {
        return new OtelConfig(URI.create(target.url()), List.of(), "llmproxy", 0.01, true, interval);
    }

    private static void awaitRequests(FakeUpstream target, int count) {
        Awaitility.await().until(() -> target.requests(PATH).size() >= count);
    }

    @Test
    void anErrorIsNotTheEnd() {
        collector.otherwise(TAKEN);
        pushed.follow(to(collector, OFTEN));

        awaitRequests(collector, 3);

        assertThat(pushed.points().dropped()).isZero();
    }

    @Test
    void theLastFiguresAreSent() {
        collector.otherwise(TAKEN);
        pushed.follow(to(collector, RARELY));

        pushed.close();

        assertThat(collector.requests(PATH)).hasSize(1);
        assertThat(pushed.points().sent()).isEqualTo(1);
    }

    @Test
    void aReloadDoesNotWaitForACollectorThatSaysNothing() {
        collector.otherwise(Behaviour.hangs());
        other.otherwise(TAKEN);
        pushed.follow(to(collector, OFTEN));
        awaitRequests(collector, 1);
        long begin = System.nanoTime();

        pushed.follow(to(other, OFTEN));

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SOON);
        awaitRequests(other, 1);
    }

    @Test
    void aCloseBreaksOffAtLast() {
        collector.otherwise(Behaviour.hangs());
        pushed.follow(to(collector, OFTEN));
        awaitRequests(collector, 1);

        pushed.close();

        for (UpstreamRequest request : collector.requests(PATH)) {
            assertThat(request.awaitAborted(Duration.ofMillis(500))).isTrue();
        }
    }
}
