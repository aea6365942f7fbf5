package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Certificates;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.JavaCommand;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.ServerProcess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** What a gateway lets in that was started without much thought, and what a client may hold on to. */
class SafeStartIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String CHAT = "/v1/chat/completions";
    private static final byte[] QUESTION = "{}".getBytes(StandardCharsets.UTF_8);
    private static final byte[] NOTHING = {};

    private static Answer get(Deployment deployment, String path) {
        return RawClient.exchange(deployment.admin(path), "GET", "Connection: close\r\n", NOTHING);
    }

    private static Answer reload(Deployment deployment, String token) {
        return RawClient.exchange(
                deployment.admin("/admin/reload"), "POST", "Authorization: Bearer " + token + "\r\n", NOTHING);
    }

    private static boolean accepts(String address, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 5000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** All of 127.0.0.0/8 is this machine, so that another address of it tells which one a port is bound to. */
    @Test
    void adminIsForThisMachineAloneAndAnOpenForwardIsTold() throws IOException {
        int open = Ports.free();
        int admin = Ports.free();
        Path directory = Artefacts.workDirectory("open");
        Path config = Files.writeString(directory.resolve("config.yaml"), """
                http_server:
                  forwards:
                    - {name: everybodys, port: %d, upstream_group: g}
                    - {name: local, address: 127.0.0.1, port: 0, upstream_group: g}
                  admin: {port: %d}
                upstreams: [{name: u, url: "http://127.0.0.1:1"}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(open, admin));
        List<String> command = JavaCommand.launcher("-Xmx128m");
        command.addAll(List.of("--config", config.toString()));
        try (ServerProcess process = ServerProcess.start(directory, Map.of(), command)) {
            Awaitility.await()
                    .atMost(SOON)
                    .failFast(() -> !process.alive())
                    .until(() -> process.log().contains("serves 2 forwards"));

            assertThat(accepts("127.0.0.1", admin)).isTrue();
            assertThat(accepts("127.0.0.2", admin)).isFalse();
            assertThat(accepts("127.0.0.2", open)).isTrue();
            assertThat(process.log().lines().filter(line -> line.contains("no client keys")))
                    .singleElement()
                    .asString()
                    .contains("forward everybodys (0.0.0.0:" + open + ")")
                    .doesNotContain("local");
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource({Kind.TOMCAT, Kind.JETTY})
    void whatIsForOperatorsCanBeClosedOnTheConnectorsOfClients(Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"))) {
            Gateway gateway = new Gateway().single("one", upstream.url(), "", "", "");
            try (Deployment deployment = Deployment.start(kind, gateway.admin("token: operators-token"))) {
                int connector = deployment.admin().getPort();
                deployment.reconfigure(gateway.admin("token: operators-token, connector_port: " + connector));
                assertThat(reload(deployment, "operators-token").status()).isEqualTo(200);
                assertThat(get(deployment, "/metrics").status()).isEqualTo(200);
                assertThat(get(deployment, "/health/detailed").status()).isEqualTo(200);

                deployment.reconfigure(gateway.admin("token: operators-token, connector_port: 0"));
                assertThat(reload(deployment, "operators-token").status()).isEqualTo(200);
                for (String path : List.of(
                        "/metrics", "/health/detailed", "/health/detailed;a=b", "/health/%64etailed", "//metrics")) {
                    Answer answer = get(deployment, path);
                    assertThat(answer.status()).as(path).isBetween(400, 499);
                    assertThat(answer.text())
                            .as(path)
                            .doesNotContain("llmproxy_")
                            .doesNotContain("upstream one");
                }
                assertThat(reload(deployment, "operators-token").status()).isEqualTo(404);
                for (String path : List.of("/health", "/health/live", "/health/ready", "/health/started")) {
                    assertThat(get(deployment, path).status()).as(path).isEqualTo(200);
                }
                assertThat(upstream.requests()).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @KindSource
    void guessesOfTheTokenAreSlowed(Kind kind) {
        Gateway gateway =
                new Gateway().single("one", "http://127.0.0.1:1", "", "", "").admin("token: operators-token");
        try (Deployment deployment = Deployment.start(kind, gateway)) {
            List<Integer> statuses = new ArrayList<>();
            Answer last;
            do {
                last = reload(deployment, "guess-" + statuses.size());
                statuses.add(last.status());
            } while (last.status() == 401 && statuses.size() < 1000);

            assertThat(statuses).hasSizeGreaterThan(10).endsWith(401, 429);
            assertThat(last.text()).contains("too_many_attempts");
            assertThat(Integer.parseInt(last.header("Retry-After"))).isPositive();
            Awaitility.await()
                    .atMost(SOON)
                    .until(() -> reload(deployment, "operators-token").status() == 200);
        }
    }

    @ParameterizedTest
    @KindSource
    void anOldConnectionToAnUpstreamTakesNoFurtherRequest(Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"))) {
            Gateway gateway = new Gateway()
                    .single("aging", upstream.url(), "", "http_client: {max_connection_age: 1}", "")
                    .single("lasting", upstream.url(), "", "http_client: {max_connection_age: 0}", "");
            try (Deployment deployment = Deployment.start(kind, gateway)) {
                // A connection is free a moment after its answer has arrived: a request before that would open another
                // one.
                Awaitility.await()
                        .atMost(SOON)
                        .pollInterval(Duration.ofMillis(100))
                        .until(() -> {
                            ask(deployment, "aging");
                            return upstream.connections() >= 3;
                        });
                int before = upstream.connections();
                Awaitility.await()
                        .during(Duration.ofMillis(1500))
                        .pollInterval(Duration.ofMillis(100))
                        .atMost(SOON)
                        .until(() -> {
                            ask(deployment, "lasting");
                            return upstream.connections() <= before + 1;
                        });
            }
        }
    }

    private static void ask(Deployment deployment, String forward) {
        assertThat(RawClient.exchange(deployment.forward(forward, CHAT), "POST", "", QUESTION)
                        .status())
                .isEqualTo(200);
    }

    @Test
    void idleConnectionsOfOneAddressAreBoundedAndBusyOnesStay() {
        List<String> events = List.of("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n");
        try (FakeUpstream upstream =
                FakeUpstream.start().otherwise(Behaviour.json("{}")).on("/v1/stream", Behaviour.fallsSilent(events))) {
            Gateway gateway =
                    new Gateway().single("one", upstream.url(), "", "", "").server("max_idle_connections: 5");
            List<RawClient> clients = new ArrayList<>();
            try (Deployment deployment = Deployment.start(Kind.LAUNCHER, gateway);
                    RawClient busy = RawClient.connect(deployment.forward("one"))) {
                busy.send("POST", "/v1/stream", "", QUESTION);
                assertThat(busy.head().status()).isEqualTo(200);
                for (int i = 0; i < 25; i++) {
                    RawClient client = RawClient.connect(deployment.forward("one"));
                    clients.add(client);
                    assertThat(client.send("POST", CHAT, "", QUESTION).answer().status())
                            .isEqualTo(200);
                }

                Awaitility.await().atMost(SOON).until(() -> open(clients) == 5);
                assertThat(busy.closedWithin(Duration.ofMillis(100))).isFalse();
                assertThat(clients.get(24)
                                .send("POST", CHAT, "", QUESTION)
                                .answer()
                                .status())
                        .isEqualTo(200);
            } finally {
                clients.forEach(RawClient::close);
            }
        }
    }

    @Test
    void connectionsThatNeverBeginTheirTlsAreBoundedToo() {
        Certificates certificates = new Certificates(Artefacts.workDirectory("idle-tls"));
        String tls = tls(certificates.serverPem("listener", "EC", "ip:127.0.0.1"));
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"))) {
            Gateway gateway =
                    new Gateway().single("one", upstream.url(), "", "", tls).server("max_idle_connections: 5");
            List<RawClient> clients = new ArrayList<>();
            try (Deployment deployment = Deployment.start(Kind.LAUNCHER, gateway)) {
                for (int i = 0; i < 25; i++) {
                    clients.add(RawClient.connect(deployment.forward("one")));
                }
                Awaitility.await().atMost(SOON).until(() -> open(clients) == 5);
                try (RawClient last = RawClient.connect(deployment.forward("one"), certificates.trusting())) {
                    assertThat(last.send("POST", CHAT, "", QUESTION).answer().status())
                            .isEqualTo(200);
                }
            } finally {
                clients.forEach(RawClient::close);
            }
        }
    }

    private static String tls(Certificates.Pair pair) {
        return "tls: {cert_file: \"%s\", private_key_file: \"%s\"}".formatted(pair.certificate(), pair.key());
    }

    private static long open(List<RawClient> clients) {
        return clients.stream()
                .filter(client -> !client.closedWithin(Duration.ofMillis(20)))
                .count();
    }

    @ParameterizedTest
    @KindSource
    void aRequestWithoutAVersionReachesNoUpstream(Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{\"secret\":\"canary\"}"))) {
            Gateway gateway = new Gateway().single("one", upstream.url(), "", "", "");
            try (Deployment deployment = Deployment.start(kind, gateway);
                    RawClient client = RawClient.connect(deployment.forward("one"))) {
                client.send("GET /v1/models\r\n\r\n");

                assertThat(client.closedWithin(SOON)).isTrue();
                assertThat(upstream.requests()).isEmpty();
            }
        }
    }
}
