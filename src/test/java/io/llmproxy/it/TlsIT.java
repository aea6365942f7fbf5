package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;

/** How upstreams are reached over TLS, and by way of proxies. */
class TlsIT {
    private static final byte[] QUESTION = "{\"q\":1}".getBytes(StandardCharsets.UTF_8);

    private final World world = World.fresh();

    private Answer ask(Deployment.Kind kind, String forward, String path) {
        for (FakeUpstream fake : new FakeUpstream[] {world.upstream, world.secure, world.demanding, world.elsewhere}) {
            fake.on(path, Behaviour.json("{\"fine\":true}"));
        }
        return RawClient.exchange(world.deployment(kind).forward(forward, path), "POST", "", QUESTION);
    }

    private void assertFine(Deployment.Kind kind, String forward) {
        Answer answer = ask(kind, forward, World.path());
        assertThat(answer.status())
                .as(answer + " in\n" + world.deployment(kind).log())
                .isEqualTo(200);
        assertThat(answer.text()).isEqualTo("{\"fine\":true}");
    }

    private static void assertRefused(Answer answer) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(502);
        assertThat(answer.header("X-LLMProxy-Error")).isNotBlank();
        assertThat(answer.text()).doesNotContain("127.0.0.1").doesNotContain("PKIX");
    }

    @ParameterizedTest
    @KindSource
    void anAuthorityOfOnesOwnIsTrusted(Deployment.Kind kind) {
        assertFine(kind, "tls-trusted");

        assertThat(world.secure.requests().get(0).serverName()).isIn("localhost", "");
        assertThat(world.secure.requests().get(0).head().values("Host"))
                .containsExactly("localhost:" + world.secure.port());
    }

    @ParameterizedTest
    @KindSource
    void anUnknownAuthorityIsNotTrusted(Deployment.Kind kind) {
        assertRefused(ask(kind, "tls-untrusted", World.path()));

        assertThat(world.secure.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void aCertificateForAnotherHostIsNotTrusted(Deployment.Kind kind) {
        assertRefused(ask(kind, "tls-elsewhere", World.path()));

        assertThat(world.elsewhere.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void checksCanBeSwitchedOffWithAWarning(Deployment.Kind kind) {
        assertFine(kind, "tls-unverified");

        assertThat(world.deployment(kind).log()).containsPattern("WARN.*tls.verify: CERTIFICATES ARE NOT CHECKED");
    }

    @ParameterizedTest
    @KindSource
    void aCertificateIsShownWhereOneIsDemanded(Deployment.Kind kind) {
        assertFine(kind, "tls-client");
        assertRefused(ask(kind, "tls-no-client", World.path()));
    }

    @ParameterizedTest
    @KindSource
    void http2IsSpokenWhereTheUpstreamPrefersIt(Deployment.Kind kind) {
        String path = World.path();

        Answer answer = RawClient.exchange(world.deployment(kind).forward("tls-h2", path), "POST", "", QUESTION);

        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(QUESTION);
        assertThat(world.modern.requests()).contains("HTTP/2.0 POST " + path);
    }

    /** The connection, and what others ask on it, goes on. */
    @ParameterizedTest
    @KindSource
    void headersThatAnUpstreamDoesNotTakeAreOnlyTheClientsMatter(Deployment.Kind kind) {
        URI forward = world.deployment(kind).forward("tls-h2", World.path());
        assertThat(RawClient.exchange(forward, "POST", "", QUESTION).status()).isEqualTo(200);

        Answer answer = RawClient.exchange(forward, "POST", "X-Long: " + "a".repeat(9000) + "\r\n", QUESTION);

        assertThat(answer.status()).as(answer.toString()).isEqualTo(431);
        assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("headers_too_large");
        assertThat(RawClient.exchange(forward, "POST", "", QUESTION).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @KindSource
    void anHttpProxyIsLoggedInToWithoutBeingAsked(Deployment.Kind kind) {
        String path = World.path();

        assertThat(ask(kind, "via-http", path).status()).isEqualTo(200);

        assertThat(world.httpProxy.log()).contains("POST " + world.upstream.url() + path);
        assertThat(world.httpProxy.log()).doesNotContain("refused");
    }

    @ParameterizedTest
    @KindSource
    void httpsGoesThroughATunnelOfTheProxy(Deployment.Kind kind) {
        assertFine(kind, "via-connect");

        assertThat(world.httpProxy.log()).contains("CONNECT 127.0.0.1:" + world.secure.port());
        assertThat(world.httpProxy.log()).doesNotContain("refused");
    }

    @ParameterizedTest
    @KindSource
    void aProxyIsSpokenToOverTlsThoughTheUpstreamIsNot(Deployment.Kind kind) {
        Answer answer = ask(kind, "via-tls", World.path());

        assertRefused(answer);
        assertThat(answer.header("X-LLMProxy-Error"))
                .as("its authority is unknown")
                .isEqualTo("upstream_tls_error");
        assertThat(world.upstream.requests()).isEmpty();
        assertThat(world.secure.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void aSocksProxyIsUsed(Deployment.Kind kind) {
        assertFine(kind, "via-socks");

        assertThat(world.socksProxy.log()).contains("SOCKS 127.0.0.1:" + world.upstream.port());
    }
}
