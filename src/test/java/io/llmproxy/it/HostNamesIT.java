package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Certificates;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.TestProxy;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;

/** Host names as networks of containers have them, looked up by the JDK: names with underscores. */
class HostNamesIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final byte[] QUESTION = "{}".getBytes(StandardCharsets.UTF_8);
    private static final String CHAT = "/v1/chat/completions";

    private static String option() throws IOException {
        Path hosts = Files.writeString(
                Artefacts.workDirectory("hosts").resolve("hosts"),
                "127.0.0.1 localhost ollama_server squid_proxy _srv.my_stack\n");
        return "-Djdk.net.hosts.file=" + hosts;
    }

    @ParameterizedTest
    @KindSource
    void aNameThatMovesIsFollowedOnceItsConnectionsAreOldEnough(Deployment.Kind kind) throws IOException {
        Path hosts = Artefacts.workDirectory("moving").resolve("hosts");
        Files.writeString(hosts, "127.0.0.1 localhost moving.test\n");
        try (FakeUpstream before = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                FakeUpstream after =
                        FakeUpstream.start("127.0.0.2", before.port()).otherwise(Behaviour.json("{}"))) {
            String url = "http://moving.test:" + before.port();
            Gateway gateway = new Gateway()
                    .single("aging", url, "", "http_client: {max_connection_age: 300ms}", "")
                    .single("lasting", url, "", "http_client: {max_connection_age: 0}", "");
            try (Deployment deployment = Deployment.start(
                    kind, gateway, "-Xmx128m", "-Djdk.net.hosts.file=" + hosts, "-Dsun.net.inetaddr.ttl=0")) {
                URI aging = deployment.forward("aging", "/aging");
                URI lasting = deployment.forward("lasting", "/lasting");
                assertAnswered(aging);
                assertAnswered(lasting);
                assertThat(after.requests()).isEmpty();

                Files.writeString(hosts, "127.0.0.2 moving.test\n127.0.0.1 localhost\n");

                // A connection is free a moment after its answer has arrived: a request before that would open another
                // one.
                Awaitility.await()
                        .atMost(SOON)
                        .pollInterval(Duration.ofMillis(100))
                        .until(() -> {
                            assertAnswered(aging);
                            assertAnswered(lasting);
                            return !after.requests("/aging").isEmpty();
                        });
                assertThat(after.requests("/lasting"))
                        .as("its connection is young for ever")
                        .isEmpty();
            }
        }
    }

    private static void assertAnswered(URI uri) {
        Answer answer = RawClient.exchange(uri, "POST", "", QUESTION);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
    }

    @ParameterizedTest
    @KindSource
    void namesWithUnderscoresAreLookedUpAndSentAsTheyAre(Deployment.Kind kind) throws IOException {
        Certificates certificates = new Certificates(Artefacts.workDirectory("certificates"));
        try (FakeUpstream plain = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                FakeUpstream secure = FakeUpstream.startSecure(certificates.server("ip:127.0.0.1"), false)
                        .otherwise(Behaviour.json("{}"));
                TestProxy http = TestProxy.http("user_name", "word");
                TestProxy socks = TestProxy.socks()) {
            String url = "http://ollama_server:" + plain.port();
            String login = "http_client: {proxy: {url: \"http://user_name:word@squid_proxy:" + http.port() + "\"}}";
            String authority = "tls: {ca_file: \"" + certificates.authorityPem() + "\"}";
            Gateway gateway = new Gateway()
                    .single("direct", url + "/v1", "health_check: {path: /health, interval: 3600}", "", "")
                    .single("dotted", "http://_srv.my_stack:" + plain.port(), "", "", "")
                    .single("relayed", plain.url(), "", login, "")
                    .single("tunnelled", "https://127.0.0.1:" + secure.port(), authority, login, "")
                    .single(
                            "socks",
                            plain.url(),
                            "",
                            "http_client: {proxy: {url: \"socks5://squid_proxy:" + socks.port() + "\"}}",
                            "");
            try (Deployment deployment = Deployment.start(kind, gateway, "-Xmx128m", option())) {
                for (String forward : gateway.forwards()) {
                    Answer answer = RawClient.exchange(deployment.forward(forward, CHAT), "POST", "", QUESTION);
                    assertThat(answer.status())
                            .as(forward + "\n" + deployment.log())
                            .isEqualTo(200);
                }
                assertThat(plain.requests(CHAT))
                        .extracting(request -> request.head().value("Host").orElse(""))
                        .contains("ollama_server:" + plain.port(), "_srv.my_stack:" + plain.port());
                assertThat(plain.awaitRequest("/v1/health").head().value("Host"))
                        .hasValue("ollama_server:" + plain.port());
                assertThat(http.log())
                        .containsExactly("POST " + plain.url() + CHAT, "CONNECT 127.0.0.1:" + secure.port());
                assertThat(socks.log()).containsExactly("SOCKS 127.0.0.1:" + plain.port());
            }
        }
    }
}
