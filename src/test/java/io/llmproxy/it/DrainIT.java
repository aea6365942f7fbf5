package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.SsePacer;
import io.llmproxy.testing.StreamLoad;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** SIGTERM with open streams; {@code -Dllmproxy.drain.seconds=20} for streams as long as the documentation says. */
class DrainIT {
    private static final int STREAMS = 500;
    private static final int SECONDS = Integer.getInteger("llmproxy.drain.seconds", 5);
    /** How a JVM ends that a signal has ended. */
    private static final int SIGTERM = 128 + 15;

    private static final Duration GAP = Duration.ofMillis(500);
    private static final String CHAT = "/v1/chat/completions";
    private static final String EVENT = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%d\"}}]}\n\n";
    private static final String DONE = "data: [DONE]\n\n";

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

    /** Tomcat, which does not tell the application before, waits by itself. */
    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.JETTY})
    void aStreamComesToItsEndWhereverItIsServed(Deployment.Kind kind) {
        LockStep steps = new LockStep();
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment =
                        Deployment.start(kind, new Gateway().single("streams", upstream.url(), "", "", ""))) {
            upstream.on(CHAT, Behaviour.lockStep(steps, List.of(EVENT.formatted(1), EVENT.formatted(2), DONE)));
            URI uri = deployment.forward("streams", CHAT);
            try (RawClient client = RawClient.connect(uri)) {
                client.send("POST", RawClient.target(uri), "", "{\"stream\":true}".getBytes(StandardCharsets.US_ASCII));
                assertThat(client.head().status()).isEqualTo(200);
                assertThat(client.event().data()).contains("\"content\":\"1\"");

                deployment.process().terminate();
                Awaitility.await().until(() -> !deployment.isReady());
                steps.finish();

                Answer rest = client.answer();
                assertThat(rest.text()).contains("\"content\":\"2\"").endsWith(DONE);
                assertThat(rest.whole()).isTrue();
            }
            assertThat(deployment.process().exitCode(Duration.ofSeconds(20))).isIn(0, SIGTERM);
        }
    }
}
