package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RawH2Client;
import io.llmproxy.testing.RawH2Client.Field;
import io.llmproxy.testing.RawH2Client.Outcome;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;

/** Requests that no upstream may see, whatever the protocol and the container: malformed ones, and methods that are not passed on. */
class MalformedRequestsIT {
    private static final byte[] BODY = "hello".getBytes(StandardCharsets.UTF_8);

    private final World world = World.fresh();

    private static List<Field> request(String method, String path, Field... more) {
        List<Field> fields = new ArrayList<>(List.of(
                new Field(":method", method),
                new Field(":scheme", "http"),
                new Field(":authority", "client.test"),
                new Field(":path", path)));
        fields.addAll(List.of(more));
        return fields;
    }

    private static List<Field> post(String name, String value) {
        return request("POST", "/v1/m", new Field(name, value));
    }

    private static List<Field> without(String pseudo) {
        return request("GET", "/v1/m").stream()
                .filter(field -> !field.name().equals(pseudo))
                .toList();
    }

    /** RFC 9113, section 8: what is malformed in the fields of a request whose body is five bytes long. */
    private static Map<String, List<Field>> malformed() {
        Map<String, List<Field>> requests = new TreeMap<>();
        for (String method : List.of(
                "", "GET /ADMIN HTTP/1.1", "P\tT", "P(T", "P/T", "P\u00ffT", " GET", "GET ", "GET\r\nX-A: b", "G\0T")) {
            requests.put("method '" + method + "'", request(method, "/v1/m"));
        }
        for (String path :
                List.of("", "v1/m", "*", "/v1 /m", "/v1/m\r\nX-A: b", "/v1/m HTTP/1.1", "/v1/\0", "http://a/b")) {
            requests.put("path '" + path + "'", request("GET", path));
        }
        for (String name : List.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade")) {
            requests.put(name, post(name, name.equals("transfer-encoding") ? "chunked" : "x"));
        }
        requests.put("te", post("te", "gzip"));
        for (String length : List.of("+5", "-1", "5,5", "0x5", "5 ", "", "99999999999999999999")) {
            requests.put("content-length '" + length + "'", post("content-length", length));
        }
        requests.put("a length that is too great", post("content-length", "6"));
        requests.put("a length that is too small", post("content-length", "4"));
        requests.put(
                "two lengths",
                request("POST", "/v1/m", new Field("content-length", "5"), new Field("content-length", "6")));
        for (String name : List.of("X-Upper", "x a", "x:a", "", "x\ra", "x\na", "x\0a", "x\u00e9", "x(a)")) {
            requests.put("name '" + name + "'", post(name, "x"));
        }
        for (String value : List.of("a\0b", "a\rb", "a\nb", "a\r\nx-evil: 1", "a\u007fb", "a\u0001b", " a", "a\t")) {
            requests.put("value '" + value + "'", post("x-a", value));
        }
        for (String pseudo : List.of(":method", ":scheme", ":path")) {
            requests.put("no " + pseudo, without(pseudo));
        }
        requests.put("two methods", post(":method", "GET"));
        requests.put("two paths", post(":path", "/v1/other"));
        requests.put("a pseudo-header of answers", post(":status", "200"));
        requests.put("an unknown pseudo-header", post(":x", "y"));
        List<Field> late = new ArrayList<>(List.of(new Field("x-first", "a")));
        late.addAll(request("POST", "/v1/m"));
        requests.put("a pseudo-header behind others", late);
        requests.put(
                "another scheme",
                List.of(
                        new Field(":method", "GET"),
                        new Field(":scheme", "ftp"),
                        new Field(":authority", "client.test"),
                        new Field(":path", "/v1/m")));
        return requests;
    }

    @ParameterizedTest
    @KindSource
    void whatHttp2CallsMalformedReachesNoUpstream(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        URI forward = world.deployment(kind).forward("bearer");

        malformed().forEach((name, fields) -> {
            Outcome outcome = RawH2Client.ask(forward, fields, BODY);
            assertThat(world.upstream.requests()).as(name + ": " + outcome).isEmpty();
        });
        Outcome unsent = RawH2Client.ask(forward, post("content-length", "5"), null);
        assertThat(world.upstream.requests())
                .as("a length without a body: " + unsent)
                .isEmpty();

        // So that it is known to be for what was wrong in them.
        List<Field> sound = request("POST", "/v1/m", new Field("content-length", "5"), new Field("te", "trailers"));
        assertThat(RawH2Client.ask(forward, sound, BODY)).isEqualTo(Outcome.ANSWERED);
        assertThat(world.upstream.requests()).hasSize(1);
        assertThat(world.upstream.requests().get(0).head().value("Content-Length"))
                .hasValue("5");
    }

    @ParameterizedTest
    @KindSource
    void aMethodCannotForgeALineOfTheLog(Deployment.Kind kind) {
        URI forward = world.deployment(kind).forward("plain");
        for (String method : List.of("GET other forward=plain key=alice", "GET\nreq_1 GET key=alice")) {
            RawH2Client.ask(forward, request(method, "/v1/m"), null);
        }
        // By then a line about those before has been written.
        RawClient.exchange(forward, "FIRST-AND-LAST /v1/m?q=%zz HTTP/1.1\r\nHost: client.test\r\n\r\n");
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> world.deployment(kind).log().contains("FIRST-AND-LAST"));
        assertThat(world.deployment(kind).log()).doesNotContain("key=alice");
    }

    @ParameterizedTest
    @KindSource
    void methodsOfHttp1AreTokens(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        URI forward = world.deployment(kind).forward("bearer");
        for (String method : List.of("P(T", "P/T", "P\u00ffT", "P\u0001T", "P:T", "\"GET\"", "{GET}")) {
            Answer answer = RawClient.exchange(forward, method + " /v1/m HTTP/1.1\r\nHost: client.test\r\n\r\n");
            assertThat(answer.status()).as(method).isIn(400, 501);
        }
        assertThat(world.upstream.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void traceAndConnectAreNotPassedOn(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        URI forward = world.deployment(kind).forward("bearer");

        Answer trace = RawClient.exchange(forward, "TRACE /v1/x HTTP/1.1\r\nHost: client.test\r\n\r\n");
        Answer connect = RawClient.exchange(forward, "CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n");
        RawH2Client.ask(forward, request("TRACE", "/v1/x"), null);
        RawH2Client.ask(
                forward, List.of(new Field(":method", "CONNECT"), new Field(":authority", "evil.test:443")), null);
        RawH2Client.ask(forward, request("CONNECT", "/v1/x", new Field(":protocol", "websocket")), null);

        // A stock Jetty has a rule of its own against TRACE.
        assertThat(trace.status()).isIn(kind == Deployment.Kind.JETTY ? List.of(403, 405) : List.of(405));
        assertThat(trace.header("Allow")).doesNotContain("TRACE");
        assertThat(connect.status()).isIn(400, 405, 501);
        assertThat(world.upstream.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void onlyChunksAreTakenForATransferCoding(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        URI forward = world.deployment(kind).forward("bearer");

        for (String head :
                List.of("HTTP/1.1\r\nTransfer-Encoding: gzip, chunked", "HTTP/1.0\r\nTransfer-Encoding: chunked")) {
            Answer answer =
                    RawClient.exchange(forward, "POST /v1/m " + head + "\r\nHost: client.test\r\n\r\n0\r\n\r\n");
            assertThat(answer.status()).as(head).isIn(400, 501);
        }
        assertThat(world.upstream.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void cookiesInSeveralLinesOfHttp2BecomeOne(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        List<Field> cookies = request("GET", "/v1/m", new Field("cookie", "a=b"), new Field("cookie", "c=d"));

        assertThat(RawH2Client.ask(world.deployment(kind).forward("bearer"), cookies, null))
                .isEqualTo(Outcome.ANSWERED);

        assertThat(world.upstream.requests().get(0).head().values("Cookie")).containsExactly("a=b; c=d");
    }

    @ParameterizedTest
    @KindSource
    void noMethodBecomesAnotherOneOnItsWay(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        URI forward = world.deployment(kind).forward("bearer");

        for (String method : List.of("trace", "Trace", "connect", "head", "post", "Get", "cUSTOM")) {
            Answer answer = RawClient.exchange(forward, method + " /v1/x HTTP/1.1\r\nHost: client.test\r\n\r\n");
            assertThat(answer.status()).as(method).isIn(400, 403, 405, 501);
            RawH2Client.ask(forward, request(method, "/v1/x"), null);
        }
        assertThat(world.upstream.requests()).isEmpty();
    }

    /** A stock Jetty refuses it before the gateway sees it. */
    @ParameterizedTest
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void anUpgradeThatConnectionDoesNotNameIsIgnored(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        URI forward = world.deployment(kind).forward("bearer");
        for (String headers : List.of(
                "Upgrade: h2c\r\n",
                "Upgrade: websocket\r\n",
                "Upgrade: h2c\r\nConnection: keep-alive\r\n",
                "Connection: keep-alive\r\nUpgrade: TLS/1.0, HTTP/2.0\r\n",
                "Connection: upgrade\r\nUpgrade: foo/2\r\n")) {
            Answer answer =
                    RawClient.exchange(forward, "GET /v1/m HTTP/1.1\r\nHost: client.test\r\n" + headers + "\r\n");
            assertThat(answer.status()).as(headers).isEqualTo(200);
        }
        assertThat(world.upstream.requests())
                .hasSize(5)
                .noneMatch(request -> request.head().has("Upgrade"));
    }
}
