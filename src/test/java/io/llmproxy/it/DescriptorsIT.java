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
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A flood of connections to a process that may open few files. */
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

    private static int answers(Deployment deployment, String forward) {
        return RawClient.exchange(deployment.forward(forward, "/fine"), "GET", "", NOTHING)
                .status();
    }

    @Test
    void aFloodWaitsAndDisturbsNobody() throws InterruptedException {
        LockStep steps = new LockStep();
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = Deployment.startUnder(LIMITED, gateway(upstream), "-Xmx128m")) {
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
                Thread.sleep(2000);
                Duration before = deployment.process().cpu();
                Thread.sleep(3000);
                Duration used = deployment.process().cpu().minus(before);

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
                assertThat(used).isLessThan(Duration.ofMillis(600));
            }
            for (String forward : List.of("one", "two")) {
                Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> answers(deployment, forward) == 200);
            }
            assertThat(deployment.log().lines().filter(line -> line.contains("WARN")))
                    .as(deployment.log())
                    .hasSizeBetween(1, 3);
        }
    }

    @Test
    void anUpstreamIsNotBlamedForSocketsThatCannotBeOpened() {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = Deployment.startUnder(LIMITED, gateway(upstream), "-Xmx128m")) {
            upstream.on("/hangs", Behaviour.hangs()).on("/fine", Behaviour.json("{}"));
            URI uri = deployment.forward("one", "/hangs");
            List<H2Client> clients = new ArrayList<>();
            List<H2Stream> streams = new ArrayList<>();
            for (int client = 0; client < 3; client++) {
                H2Client connection = H2Client.connect(uri);
                clients.add(connection);
                for (int stream = 0; stream < 100; stream++) {
                    streams.add(connection.get(uri));
                }
            }

            H2Stream last = streams.get(streams.size() - 1);
            assertThat(last.head().getStatus()).isEqualTo(503);
            assertThat(last.head().getHttpFields().get("X-LLMProxy-Error")).isEqualTo("overloaded");
            clients.forEach(H2Client::close);

            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .ignoreExceptions()
                    .until(() -> answers(deployment, "one") == 200);
            assertThat(deployment.log().lines().filter(line -> line.contains("WARN") || line.contains("ERROR")))
                    .as(deployment.log())
                    .hasSizeLessThan(5);
        }
    }
}
