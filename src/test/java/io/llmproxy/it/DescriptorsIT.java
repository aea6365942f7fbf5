package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.H2Client;
import io.llmproxy.testing.H2Stream;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.RawClient;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A flood of connections to a process that may open few files. */
@Tag("weighs")
class DescriptorsIT {
    private static final int DESCRIPTORS = 256;
    private static final List<String> LIMITED =
            List.of("bash", "-c", "ulimit -n " + DESCRIPTORS + "; exec \"$@\"", "bash");
    private static final int FLOOD = 400;
    private static final byte[] NOTHING = {};

    private static Gateway gateway(FakeUpstream upstream) {
        return new Gateway()
                .single("one", upstream.url(), "breaker: {threshold: 0.5, cooldown: 60, window: 4}", "", "")
                .single("two", upstream.url(), "breaker: {threshold: 0.5, cooldown: 60, window: 4}", "", "")
                .admin("token: secret");
    }

    private static List<RawClient> flood(URI uri) {
        List<RawClient> clients = new ArrayList<>();
        for (int n = 0; n < FLOOD; n++) {
            clients.add(RawClient.connect(uri).send("GET", RawClient.target(uri), "", NOTHING));
        }
        return clients;
    }

    /** Waits until all that was let in of a flood has been passed on, and nothing else is. */
    private static void awaitStandstill(Deployment deployment, FakeUpstream upstream) {
        AtomicReference<List<Integer>> last = new AtomicReference<>(List.of());
        Awaitility.await()
                .during(Duration.ofSeconds(1))
                .atMost(Duration.ofSeconds(60))
                .until(() -> {
                    List<Integer> now = List.of(
                            upstream.requests().size(), deployment.process().descriptors());
                    return now.equals(last.getAndSet(now));
                });
    }

    private static int answers(Deployment deployment, String forward) {
        return RawClient.exchange(deployment.forward(forward, "/fine"), "GET", "", NOTHING)
                .status();
    }

    @Test
    void aFloodWaitsAndDisturbsNoOtherClient() {
        LockStep steps = new LockStep();
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment =
                        Deployment.startUnder(LIMITED, gateway(upstream), "-Xmx128m", Deployment.AS_FAST_AS_IT_CAN)) {
            upstream.on("/stream", Behaviour.lockStep(steps, Collections.nCopies(3, "data: {}\n\n")))
                    .on("/hangs", Behaviour.hangs())
                    .on("/fine", Behaviour.json("{}"));
            try (RawClient stream =
                    RawClient.connect(deployment.forward("one", "/stream")).send("GET", "/stream", "", NOTHING)) {
                assertThat(stream.head().status()).isEqualTo(200);
                stream.event();
                steps.next();

                List<RawClient> flood = flood(deployment.forward("one", "/hangs"));
                flood.addAll(flood(deployment.forward("two", "/hangs")));
                awaitStandstill(deployment, upstream);
                assertThat(rests(deployment)).isTrue();

                assertThat(deployment.process().descriptors()).isLessThan(DESCRIPTORS);
                stream.event();
                steps.next();
                assertThat(RawClient.exchange(deployment.admin("/health/ready"), "GET", "", NOTHING)
                                .status())
                        .isEqualTo(200);
                deployment.reconfigure(gateway(upstream));
                assertThat(RawClient.exchange(
                                        deployment.admin("/admin/reload"),
                                        "POST",
                                        "Authorization: Bearer secret\r\n",
                                        NOTHING)
                                .status())
                        .isEqualTo(200);
                flood.forEach(RawClient::reset);
                stream.event();
            }
            for (String forward : List.of("one", "two")) {
                Awaitility.await()
                        .atMost(Duration.ofSeconds(30))
                        .ignoreExceptionsInstanceOf(UncheckedIOException.class)
                        .until(() -> answers(deployment, forward) == 200);
            }
            assertThat(deployment.log().lines().filter(line -> line.contains("WARN")))
                    .as(deployment.log())
                    .hasSizeBetween(1, 3);
        }
    }

    /**
     * Whether there is a second in which it hardly works. The compiler may be busy for some with what the flood has asked of the code;
     * a loop that spins is busy in each.
     */
    private static boolean rests(Deployment deployment) {
        for (int second = 0; second < 5; second++) {
            if (deployment.process().cpuOver(Duration.ofSeconds(1)).compareTo(Duration.ofMillis(200)) < 0) {
                return true;
            }
        }
        return false;
    }

    private static boolean isExhausted(Deployment deployment) {
        return deployment.process().descriptors() > DESCRIPTORS - 6
                && deployment.log().contains("error=overloaded");
    }

    @Test
    void aLackOfDescriptorsIsNoUpstreamsFaultAndPasses() {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment =
                        Deployment.startUnder(LIMITED, gateway(upstream), "-Xmx128m", Deployment.AS_FAST_AS_IT_CAN)) {
            upstream.on("/hangs", Behaviour.hangs()).on("/fine", Behaviour.json("{}"));
            URI uri = deployment.forward("one", "/hangs");
            List<H2Client> clients = new ArrayList<>();
            List<H2Stream> streams = new ArrayList<>();
            for (int n = 0; n < 3; n++) {
                clients.add(H2Client.connect(uri));
            }
            // Few connections of clients, but many to the upstream. What the acceptors wait for is taken, but not
            // counted.
            Awaitility.await()
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(5))
                    .atMost(Duration.ofSeconds(60))
                    // A client may have 128 streams open, and the gateway may take its time to refuse some of them.
                    .ignoreExceptionsInstanceOf(IllegalStateException.class)
                    .until(() -> {
                        streams.add(clients.get(streams.size() % clients.size()).get(uri));
                        return streams.size() >= 1000 || isExhausted(deployment);
                    });
            assertThat(isExhausted(deployment)).as(deployment.log()).isTrue();
            List<RawClient> waiting = new ArrayList<>();
            for (int n = 0; n < 10; n++) {
                waiting.add(RawClient.connect(deployment.admin()).send("GET", "/health/ready", "", NOTHING));
            }
            boolean rests = rests(deployment);
            streams.forEach(H2Stream::cancel);

            assertThat(waiting)
                    .allSatisfy(client -> assertThat(client.answer().status()).isEqualTo(200));
            waiting.forEach(RawClient::close);
            clients.forEach(H2Client::close);
            assertThat(rests).isTrue();
            assertThat(deployment.log()).contains("error=overloaded").doesNotContain("error=upstream_");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .until(() -> answers(deployment, "one") == 200);
            assertThat(deployment.log().lines().filter(line -> line.contains("WARN") || line.contains("ERROR")))
                    .as(deployment.log())
                    .hasSizeLessThan(5);
        }
    }
}
