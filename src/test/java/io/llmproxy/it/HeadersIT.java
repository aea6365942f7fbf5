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
import org.junit.jupiter.params.provider.Arguments;

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

    /** Tomcat takes the value apart and joins it in its own spelling. */
    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.JETTY})
    void valuesReachTheClientInTheSpellingOfTheUpstream(Deployment.Kind kind) {
        for (String type : List.of(
                "application/json; charset=utf-8",
                "application/json;charset=utf-8",
                "Application/JSON; Charset=\"UTF-8\"",
                "text/event-stream; charset=utf-8",
                "text/html; charset=ISO-8859-1",
                "text/plain",
                "application/json;  charset=utf-8; x=y")) {
            Answer answer = answered(kind, lines("Content-Type: " + type, "Cache-Control: No-Cache", "Vary: ORIGIN"));

            assertThat(answer.head().values("Content-Type")).containsExactly(type);
            assertThat(answer.header("Cache-Control")).isEqualTo("No-Cache");
            assertThat(answer.header("Vary")).isEqualTo("ORIGIN");
        }
    }

    @ParameterizedTest
    @KindSource
    void valuesReachTheUpstreamInTheSpellingOfTheClient(Deployment.Kind kind) {
        for (String type : List.of(
                "application/json",
                "application/json; charset=utf-8",
                "application/json;charset=utf-8",
                "Application/JSON; Charset=\"UTF-8\"",
                "text/event-stream; charset=utf-8",
                "text/html; charset=ISO-8859-1",
                "Text/Plain",
                "application/json ;  charset=utf-8 ; x=y")) {
            String headers = lines(
                    "Content-Type: " + type,
                    "Accept: Text/Event-Stream, */*;q=0.5",
                    "Accept-Encoding: GZIP, Deflate",
                    "Accept-Language: EN-us, en; q=0.5",
                    "Cache-Control: No-Cache",
                    "Pragma: No-Cache",
                    "X-Odd: a  b\tc;  D=E");

            Head request = sent(kind, "plain", headers);

            assertThat(request.values("Content-Type")).containsExactly(type);
            assertThat(request.values("Accept")).containsExactly("Text/Event-Stream, */*;q=0.5");
            assertThat(request.values("Accept-Encoding")).containsExactly("GZIP, Deflate");
            assertThat(request.values("Accept-Language")).containsExactly("EN-us, en; q=0.5");
            assertThat(request.values("Cache-Control")).containsExactly("No-Cache");
            assertThat(request.values("Pragma")).containsExactly("No-Cache");
            assertThat(request.values("X-Odd")).containsExactly("a  b\tc;  D=E");
        }
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
    void anUpstreamDoesNotSpeakInTheGatewaysName(Deployment.Kind kind) {
        Answer answer = answered(
                kind,
                lines(
                        "X-LLMProxy-Error: rate_limit_exceeded",
                        "x-llmproxy-anything: 1",
                        "X-Upstream-Request-Id: forged",
                        "X-Request-Id: theirs",
                        "X-Kept: 1"));

        assertThat(answer.head().has("X-LLMProxy-Error")).isFalse();
        assertThat(answer.head().has("X-LLMProxy-Anything")).isFalse();
        assertThat(answer.head().values("X-Upstream-Request-Id")).containsExactly("theirs");
        assertThat(answer.header("X-Kept")).isEqualTo("1");
    }

    /** What is odd and legal; each is followed by what the client is to see of its status and length. */
    private static List<Arguments> oddAnswers() {
        return List.of(
                Arguments.of("204 No Content", "Content-Length: 5\r\n", "", 204),
                Arguments.of("204 No Content", "Content-Length: 0\r\n", "", 204),
                Arguments.of("204 No Content", "", "", 204),
                Arguments.of("205 Reset Content", "Content-Length: 0\r\n", "", 205),
                Arguments.of("205 Reset Content", "Content-Length: 5\r\n", "hello", 205),
                Arguments.of("205 Reset Content", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n", 205),
                Arguments.of("205 Reset Content", "", "", 205),
                Arguments.of("304 Not Modified", "Content-Length: 5\r\nETag: \"x\"\r\n", "", 304),
                Arguments.of("304 Not Modified", "ETag: \"x\"\r\n", "", 304),
                Arguments.of("304 Not Modified", "Transfer-Encoding: chunked\r\n", "", 304),
                Arguments.of("200", "Content-Length: 0\r\n", "", 200),
                Arguments.of("200 ", "Content-Length: 0\r\nContent-Type:\r\n", "", 200),
                Arguments.of("200 OK", "Content-Length: 00002\r\n", "{}", 200),
                Arguments.of("200 OK", "Transfer-Encoding: Chunked\r\n", "2\r\n{}\r\n0\r\n\r\n", 200),
                Arguments.of("200 OK", "Content-Type: text/event-stream\r\nContent-Length: 0\r\n", "", 200),
                Arguments.of("206 Partial Content", "Content-Range: bytes 0-1/9\r\nContent-Length: 2\r\n", "{}", 206),
                Arguments.of("299 Odd", "Content-Length: 2\r\n", "{}", 299),
                Arguments.of("300 Multiple Choices", "Content-Length: 2\r\n", "{}", 300),
                Arguments.of("302 Found", "Location: /elsewhere\r\nContent-Length: 0\r\n", "", 302),
                Arguments.of("399 Odd", "", "", 399),
                Arguments.of("418 Teapot", "Content-Length: 2\r\n", "{}", 418),
                Arguments.of("426 Upgrade Required", "Upgrade: h2c\r\nContent-Length: 2\r\n", "{}", 426),
                Arguments.of("599 Odd", "Content-Length: 2\r\n", "{}", 599));
    }

    @ParameterizedTest
    @KindSource
    void oddAnswersReachTheClient(Deployment.Kind kind) {
        for (Arguments odd : oddAnswers()) {
            Object[] answer = odd.get();
            reachesTheClient(kind, (String) answer[0], (String) answer[1], (String) answer[2], (int) answer[3]);
        }
    }

    private void reachesTheClient(Deployment.Kind kind, String status, String headers, String body, int expected) {
        String path = World.path();
        String answer = "HTTP/1.1 " + status + "\r\nConnection: close\r\nX-Odd: 1\r\n" + headers + "\r\n" + body;
        for (String method : List.of("GET", "POST")) {
            world.upstream.reset();
            world.upstream.on(path, Behaviour.raw(answer));

            Answer got = RawClient.exchange(world.deployment(kind).forward("plain", path), method, "", BODY);

            assertThat(got.status()).as(got.toString()).isEqualTo(expected);
            assertThat(got.header("X-Odd")).as(got.toString()).isEqualTo("1");
            assertThat(got.head().has("X-LLMProxy-Error")).as(got.toString()).isFalse();
            assertThat(got.whole()).as(got.toString()).isTrue();
            assertThat(got.text()).isIn(body.contains("{}") ? List.of("{}") : List.of("", "hello"));
        }
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
