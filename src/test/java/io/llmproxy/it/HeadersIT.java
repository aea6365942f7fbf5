package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Head;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;

class HeadersIT {
    private static final byte[] BODY = "{}".getBytes(StandardCharsets.UTF_8);
    private static final String CREDENTIALS = lines(
            "Authorization: Bearer client-secret",
            "x-api-key: client-secret",
            "X-Goog-Api-Key: client-secret",
            "api-key: client-secret");

    private final World world = World.fresh();

    private static String lines(String... lines) {
        return List.of(lines).stream().map(line -> line + "\r\n").collect(Collectors.joining());
    }

    /** Sends a request through a forward and returns its head as the upstream got it. */
    private Head sent(Deployment.Kind kind, String forward, String headers) {
        return sent(kind, forward, headers, "");
    }

    private Head sent(Deployment.Kind kind, String forward, String headers, String query) {
        String path = World.path();
        world.upstream.on(path, Behaviour.json("{}"));
        URI uri = world.deployment(kind).forward(forward, path + query);
        Answer answer = RawClient.exchange(uri, "POST", headers, BODY);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return world.upstream.awaitRequest(path).head();
    }

    /** Answers a request with some headers and returns the answer as the client got it. */
    private Answer answered(Deployment.Kind kind, String headers) {
        String path = World.path();
        world.upstream.on(path, Behaviour.status(200, headers, "{}"));
        return RawClient.exchange(world.deployment(kind).forward("plain", path), "GET", "", new byte[0]);
    }

    @ParameterizedTest
    @KindSource
    void headersOfOneConnectionStayOnIt(Deployment.Kind kind) {
        String hops = lines(
                "Connection: keep-alive, X-Named",
                "X-Named: 1",
                "Keep-Alive: timeout=5",
                "Proxy-Connection: keep-alive",
                "TE: trailers",
                "X-Kept: 1");

        Head request = sent(kind, "plain", hops + "Proxy-Authorization: Basic abc\r\n");
        Answer answer = answered(kind, hops);

        for (String gone : List.of("X-Named", "Keep-Alive", "Proxy-Connection", "TE", "Proxy-Authorization")) {
            assertThat(request.has(gone)).as(gone + " of the request").isFalse();
            if (!gone.equals("Keep-Alive")) {
                assertThat(answer.head().has(gone)).as(gone + " of the answer").isFalse();
            }
        }
        assertThat(answer.header("Keep-Alive")).doesNotContain("timeout=5");
        assertThat(request.value("X-Kept")).hasValue("1");
        assertThat(answer.header("X-Kept")).isEqualTo("1");
    }

    @ParameterizedTest
    @KindSource
    void theHostIsTheUpstreams(Deployment.Kind kind) {
        Head request = sent(kind, "plain", "X-Forwarded-Host: client.test\r\n");

        assertThat(request.values("Host")).containsExactly("127.0.0.1:" + world.upstream.port());
    }

    @ParameterizedTest
    @KindSource
    void repeatedHeadersStayRepeated(Deployment.Kind kind) {
        String many =
                IntStream.range(0, 50).mapToObj(n -> "X-Many: " + n + "\r\n").collect(Collectors.joining());
        List<String> values = IntStream.range(0, 50).mapToObj(Integer::toString).toList();
        String betas = lines("anthropic-beta: one", "anthropic-beta: two, three");
        String cookies = lines("Set-Cookie: a=1; Path=/", "Set-Cookie: b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT");

        Head request = sent(kind, "plain", many + betas);
        Answer answer = answered(kind, many + cookies);

        assertThat(request.values("X-Many")).isEqualTo(values);
        assertThat(request.values("anthropic-beta")).containsExactly("one", "two, three");
        assertThat(answer.head().values("X-Many")).isEqualTo(values);
        assertThat(answer.head().values("Set-Cookie"))
                .containsExactly("a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
    }

    @ParameterizedTest
    @KindSource
    void valuesPassUnchanged(Deployment.Kind kind) {
        String disposition = "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt";
        String headers = lines(
                "Content-Disposition: " + disposition,
                "Content-Type: application/json;charset=UTF-8;x=\"y z\"",
                "openai-processing-ms: 12",
                "x-ratelimit-reset-tokens: 6m0s",
                "X-Odd: \"quoted, with comma\"; a=b,  c",
                "Server: upstream",
                "Date: Wed, 21 Oct 2026 07:28:00 GMT");

        Answer answer = answered(kind, headers);
        Head request = sent(kind, "plain", "X-Odd: \"quoted, with comma\"; a=b,  c\r\n");

        assertThat(answer.head().values("Content-Disposition")).containsExactly(disposition);
        // Both containers parse this one header and write it anew: the same value, in their own spelling.
        assertThat(answer.header("Content-Type"))
                .startsWith("application/json;")
                .containsIgnoringCase("charset=utf-8");
        assertThat(answer.header("Content-Type")).contains("x=\"y z\"");
        assertThat(answer.header("openai-processing-ms")).isEqualTo("12");
        assertThat(answer.header("x-ratelimit-reset-tokens")).isEqualTo("6m0s");
        assertThat(answer.header("X-Odd")).isEqualTo("\"quoted, with comma\"; a=b,  c");
        assertThat(answer.head().values("Date")).containsExactly("Wed, 21 Oct 2026 07:28:00 GMT");
        assertThat(request.values("X-Odd")).containsExactly("\"quoted, with comma\"; a=b,  c");
    }

    @ParameterizedTest
    @KindSource
    void anUpstreamWithItsOwnCredentialNeverSeesTheClients(Deployment.Kind kind) {
        Head bearer = sent(kind, "bearer", CREDENTIALS, "?key=client-secret&alt=sse");
        Head basic = sent(kind, "basic", CREDENTIALS, "?alt=sse&key=client-secret");

        assertThat(bearer.values("Authorization")).containsExactly("Bearer upstream-token");
        assertThat(basic.values("Authorization")).containsExactly("Basic dXNlcjp3b3Jk");
        for (Head request : List.of(bearer, basic)) {
            assertThat(request.toString()).doesNotContain("client-secret");
            assertThat(request.target()).endsWith("?alt=sse");
        }
    }

    @ParameterizedTest
    @KindSource
    void anUpstreamWithoutACredentialGetsTheClients(Deployment.Kind kind) {
        Head request = sent(kind, "plain", CREDENTIALS, "?key=client-secret&alt=sse");

        assertThat(request.values("Authorization")).containsExactly("Bearer client-secret");
        for (String name : List.of("x-api-key", "x-goog-api-key", "api-key")) {
            assertThat(request.values(name)).as(name).containsExactly("client-secret");
        }
        assertThat(request.target()).endsWith("?key=client-secret&alt=sse");
    }

    @ParameterizedTest
    @KindSource
    void theUserAgentIsTheGroups(Deployment.Kind kind) {
        assertThat(sent(kind, "agent", "User-Agent: client/1\r\n").values("User-Agent"))
                .containsExactly("Test/2");
        assertThat(sent(kind, "plain", "").values("User-Agent")).containsExactly("LLMProxy/1.0");
    }

    @ParameterizedTest
    @KindSource
    void headersAreInsertedReplacedAndRemoved(Deployment.Kind kind) {
        Head bare = sent(kind, "rewritten", "");
        Head full = sent(
                kind,
                "rewritten",
                lines("X-Inserted: theirs", "X-Replaced: a", "X-Replaced: b", "X-Removed: 1", "x-removed: 2"));

        assertThat(bare.values("X-Inserted")).containsExactly("ours");
        assertThat(bare.values("X-Replaced")).containsExactly("ours");
        assertThat(full.values("X-Inserted")).containsExactly("theirs");
        assertThat(full.values("X-Replaced")).containsExactly("ours");
        assertThat(full.has("X-Removed")).isFalse();
    }

    @ParameterizedTest
    @KindSource
    void everyRequestHasAnId(Deployment.Kind kind) {
        String path = World.path();
        world.upstream.on(path, Behaviour.json("{}"));
        URI uri = world.deployment(kind).forward("plain", path);

        Answer taken = RawClient.exchange(uri, "GET", "X-Request-Id: from-client-1\r\n", new byte[0]);
        assertThat(taken.head().values("X-Request-Id")).containsExactly("from-client-1");
        assertThat(world.upstream.awaitRequest(path).head().values("X-Request-Id"))
                .containsExactly("from-client-1");

        Answer made = RawClient.exchange(uri, "GET", "", new byte[0]);
        assertThat(made.header("X-Request-Id")).isNotBlank();
        assertThat(world.upstream.awaitRequest(path).head().values("X-Request-Id"))
                .containsExactly(made.header("X-Request-Id"));
    }

    @ParameterizedTest
    @KindSource
    void upstreamsLearnOfTheClientOnlyWhenToldTo(Deployment.Kind kind) {
        Head silent = sent(kind, "plain", "");
        Head told = sent(kind, "told", "");

        for (String name : List.of("Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP")) {
            assertThat(silent.has(name)).as(name).isFalse();
        }
        assertThat(told.value("X-Forwarded-For")).hasValue("127.0.0.1");
        assertThat(told.has("Via")).isFalse();
    }
}
