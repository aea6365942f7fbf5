package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.SsePacer;
import io.llmproxy.testing.StreamLoad;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** SIGTERM with 500 streams; {@code -Dllmproxy.drain.seconds=20} for streams as long as the documentation says. */
class DrainIT {
    private static final int STREAMS = 500;
    private static final int SECONDS = Integer.getInteger("llmproxy.drain.seconds", 5);
    private static final Duration GAP = Duration.ofMillis(500);

    @Test
    void noStreamIsCut() {
        int events = (int) (SECONDS * 1000L / GAP.toMillis());
        try (SsePacer pacer = SsePacer.start(events, GAP);
                Deployment deployment = Deployment.start(
                        Deployment.Kind.LAUNCHER, new Gateway().single("streams", pacer.url(), "", "", ""))) {
            StreamLoad load = new StreamLoad(deployment.forward("streams", "/v1/chat/completions"), STREAMS);
            CompletableFuture<StreamLoad.Outcome> streaming = CompletableFuture.supplyAsync(
                    () -> load.run(Duration.ofSeconds(1), Duration.ofSeconds(SECONDS + 20)));
            Awaitility.await().until(() -> deployment.metrics().sum("llmproxy_upstream_requests_total") == STREAMS);

            deployment.process().terminate();

            StreamLoad.Outcome outcome = streaming.join();
            assertThat(outcome.finished()).as(outcome.toString()).isEqualTo(STREAMS);
            assertThat(deployment.process().exitCode(Duration.ofSeconds(10))).isZero();
        }
    }
}
