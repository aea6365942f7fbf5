package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FakeUpstreamTest {
    private static final byte[] NOTHING = {};
    private final FakeUpstream upstream = FakeUpstream.start();

    @AfterEach
    void stop() {
        upstream.close();
    }

    private URI uri(String path) {
        return URI.create(upstream.url() + path);
    }

    private Answer get(String path) {
        return RawClient.exchange(uri(path), "GET", "", NOTHING);
    }

    @Test
    void behavioursOfAPathComeInTurnAndTheLastStays() {
        upstream.on("/a", Behaviour.status(503, "Retry-After: 7\r\n", "busy"), Behaviour.json("{}"));

        assertThat(get("/a").header("Retry-After")).isEqualTo("7");
        assertThat(get("/a").text()).isEqualTo("{}");
        assertThat(get("/a").text()).isEqualTo("{}");
        assertThat(get("/b").status()).isEqualTo(404);
    }

    @Test
    void requestsAreRecordedAsTheyCame() {
        upstream.on("/a", Behaviour.echo());

        byte[] body = "a body".getBytes(StandardCharsets.UTF_8);
        Answer answer = RawClient.exchange(uri("/a?b=%20"), "POST", "X-A: 1\r\nx-a: 2\r\n", body);

        UpstreamRequest request = upstream.awaitRequest("/a");
        assertThat(answer.body()).isEqualTo(body);
        assertThat(request.head().target()).isEqualTo("/a?b=%20");
        assertThat(request.head().values("X-A")).containsExactly("1", "2");
        assertThat(request.sha256()).isEqualTo(Digests.sha256(body));
    }

    @Test
    void anEventIsMadeOnlyWhenTheTestHasSeenTheOneBefore() {
        LockStep steps = new LockStep();
        upstream.on("/s", Behaviour.lockStep(steps, List.of("data: 1\n\n", "data: 2\n\n")));

        try (RawClient client = RawClient.connect(uri("/s")).send("GET", "/s", "", NOTHING)) {
            client.head();
            assertThat(client.event().data()).isEqualTo("1");
            assertThat(steps.made()).isEqualTo(1);
            steps.next();
            assertThat(client.event().data()).isEqualTo("2");
            assertThat(client.answer().whole()).isTrue();
        }
    }

    @Test
    void aClientThatLeavesIsNoticedWhileNothingIsSent() {
        upstream.on("/h", Behaviour.hangs());

        RawClient client = RawClient.connect(uri("/h")).send("GET", "/h", "", NOTHING);
        UpstreamRequest request = upstream.awaitRequest("/h");
        assertThat(request.awaitAborted(Duration.ofMillis(50))).isFalse();
        client.close();

        assertThat(request.awaitAborted(Duration.ofSeconds(1))).isTrue();
    }

    @Test
    void cutsLieAndAreSeenAsCuts() {
        List<String> events = List.of("data: 1\n\n");
        upstream.on("/reset", Behaviour.resetsMidStream(events))
                .on("/close", Behaviour.closesMidStream(events))
                .on("/much", Behaviour.statesTooMuch("body"))
                .on("/chunk", Behaviour.badChunk());

        for (String path : List.of("/reset", "/close", "/much")) {
            assertThat(get(path).whole()).as(path).isFalse();
        }
        assertThatThrownBy(() -> get("/chunk")).isInstanceOf(NumberFormatException.class);
    }

    @Test
    void bodiesKeepTheirFraming() {
        byte[] body = "0123456789".repeat(100).getBytes(StandardCharsets.UTF_8);
        upstream.on("/chunked", Behaviour.chunked(body, 7)).on("/close", Behaviour.closeDelimited(body));

        assertThat(get("/chunked").body()).isEqualTo(body);
        assertThat(get("/close").body()).isEqualTo(body);
        assertThat(get("/close").head().has("Content-Length")).isFalse();
    }

    @Test
    void anEarlyAnswerComesWhileTheBodyIsOnItsWay() {
        upstream.on("/early", Behaviour.answersEarly(413, "{}"));

        try (RawClient client = RawClient.connect(uri("/early"))) {
            client.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nbeginning");
            assertThat(client.answer().status()).isEqualTo(413);
        }
    }

    @Test
    void aFloodIsHeldBackByAClientThatDoesNotRead() {
        upstream.on("/flood", Behaviour.floods(256L << 20));

        try (RawClient client = RawClient.connect(uri("/flood"), 65536).send("GET", "/flood", "", NOTHING)) {
            client.head();
            UpstreamRequest request = upstream.awaitRequest("/flood");
            assertThat(request.awaitAborted(Duration.ofMillis(300))).isFalse();
            assertThat(request.sent()).isLessThan(16L << 20);
        }
    }

    @Test
    void tlsShowsACertificateOfOurOwnAuthority(@TempDir Path directory) throws Exception {
        Certificates certificates = new Certificates(directory);
        assertThat(certificates.clientPem().toFile()).exists();
        try (FakeUpstream secure = FakeUpstream.startSecure(certificates.server("ip:127.0.0.1"), false);
                SSLSocket socket = (SSLSocket) certificates
                        .server("ip:127.0.0.1")
                        .getSocketFactory()
                        .createSocket("127.0.0.1", secure.port())) {
            var parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            secure.on("/tls", Behaviour.json("{}"));

            socket.getOutputStream().write("GET /tls HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));

            assertThat(Head.read(socket.getInputStream()).status()).isEqualTo(200);
        }
    }

    @Test
    void proxiesLetOnlyClientsOutThatLogIn() {
        upstream.on("/a", Behaviour.json("{}"));
        try (TestProxy proxy = TestProxy.http("user", "pass")) {
            URI through = URI.create("http://127.0.0.1:" + proxy.port());
            String login = "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n";
            String target = "GET " + uri("/a") + " HTTP/1.1\r\nHost: a\r\n";

            assertThat(RawClient.exchange(through, target + "\r\n").status()).isEqualTo(407);
            try (RawClient client = RawClient.connect(through)) {
                assertThat(client.send(target + login + "\r\n").head().status()).isEqualTo(200);
            }
            assertThat(proxy.log()).containsExactly("refused", "GET " + uri("/a"));
        }
    }

    @Test
    void aPacerFeedsManyStreamsAndTheLoadReadsThem() {
        try (SsePacer pacer = SsePacer.start(5, Duration.ofMillis(10))) {
            StreamLoad load = new StreamLoad(URI.create(pacer.url() + "/v1/chat/completions"), 50);

            StreamLoad.Outcome outcome = load.run(Duration.ofMillis(50), Duration.ofSeconds(10));

            assertThat(outcome.finished()).isEqualTo(50);
            assertThat(outcome.broken()).isZero();
            assertThat(outcome.events()).isEqualTo(250);
        }
    }

    @Test
    void noServerListensOnAFreePort() {
        URI closed = URI.create("http://127.0.0.1:" + Ports.free());

        assertThatThrownBy(() -> RawClient.connect(closed)).isInstanceOf(UncheckedIOException.class);
    }
}
