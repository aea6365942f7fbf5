package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RequestLoad;
import io.llmproxy.testing.SsePacer;
import io.llmproxy.testing.StreamLoad;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Reloads once a second; {@code -Dllmproxy.reload.seconds=60} for as long as the documentation says. */
@Tag("measures")
class ReloadUnderLoadIT {
    private static final int SECONDS = Integer.getInteger("llmproxy.reload.seconds", 8);
    private static final int CLIENTS = 8;
    private static final int STREAMS = 200;
    private static final int LEAST_PER_SECOND = Integer.getInteger("llmproxy.reload.rate", 200);
    private static final Duration GAP = Duration.ofMillis(500);

    private static Gateway gateway(FakeUpstream upstream, SsePacer pacer) {
        return new Gateway().single("plain", upstream.url(), "", "", "").single("streams", pacer.url(), "", "", "");
    }

    @Test
    void noRequestFailsAndNoStreamIsCut() {
        int events = (int) (SECONDS * 1000L / GAP.toMillis());
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                SsePacer pacer = SsePacer.start(events, GAP);
                Deployment deployment = Deployment.start(
                        Deployment.Kind.LAUNCHER, gateway(upstream, pacer), "-Xmx256m", Deployment.AS_FAST_AS_IT_CAN)) {
            RequestLoad.run(deployment.forward("plain", "/v1/x"), CLIENTS, 5000);
            StreamLoad streams = new StreamLoad(deployment.forward("streams", "/v1/chat/completions"), STREAMS);
            CompletableFuture<StreamLoad.Outcome> streaming = CompletableFuture.supplyAsync(
                    () -> streams.run(Duration.ofSeconds(1), Duration.ofSeconds(SECONDS + 20)));
            RequestLoad load = RequestLoad.start(deployment.forward("plain", "/v1/x"), CLIENTS);
            long begin = System.nanoTime();
            for (int second = 1; second <= SECONDS; second++) {
                deployment.reconfigure(gateway(upstream, pacer).upstream("extra-" + second, "http://127.0.0.1:1", ""));
                deployment.process().signal("HUP");
                double version = second + 1;
                Awaitility.await()
                        .pollDelay(Duration.ofMillis(900))
                        .until(() -> deployment.metrics().sum("llmproxy_config_version") == version);
            }
            RequestLoad.Outcome outcome = load.stop();
            long seconds = Duration.ofNanos(System.nanoTime() - begin).toSeconds();

            assertThat(outcome.failed()).as(outcome.toString()).isZero();
            assertThat(outcome.requests() / seconds).isGreaterThanOrEqualTo(LEAST_PER_SECOND);
            StreamLoad.Outcome streamed = streaming.join();
            assertThat(streamed.broken()).as(streamed.toString()).isZero();
        }
    }
}
