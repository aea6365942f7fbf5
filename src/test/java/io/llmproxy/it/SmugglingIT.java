package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Head;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;

/** Requests that two servers might read in two ways. None may ever become two requests, or one that was not asked. */
class SmugglingIT {
    private static final String POST = "POST /asked HTTP/1.1\r\nHost: client.test\r\n";
    private static final String HIDDEN = "GET /smuggled HTTP/1.1\r\nHost: client.test\r\n\r\n";
    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";

    private final World world = World.fresh();

    /** What every server has to refuse. */
    private static Map<String, String> refused() {
        Map<String, String> requests = new TreeMap<>();
        requests.put("two lengths", POST + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody" + HIDDEN);
        requests.put("a list of lengths", POST + "Content-Length: 4, 5\r\n\r\nbody" + HIDDEN);
        requests.put("a length with a sign", POST + "Content-Length: +4\r\n\r\nbody" + HIDDEN);
        requests.put("a negative length", POST + "Content-Length: -1\r\n\r\n" + HIDDEN);
        requests.put("a length that is no number", POST + "Content-Length: 0x4\r\n\r\nbody" + HIDDEN);
        requests.put("an enormous length", POST + "Content-Length: 99999999999999999999\r\n\r\nbody" + HIDDEN);
        requests.put("an unknown coding", POST + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN);
        requests.put(
                "chunked before another coding",
                POST + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN);
        requests.put("a space before the colon", POST + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN);
        requests.put("a NUL in a value", POST + "X-A: a\0b\r\nContent-Length: 0\r\n\r\n");
        requests.put("a bare CR in a value", POST + "X-A: a\rContent-Length: 4\r\nContent-Length: 0\r\n\r\n");
        requests.put("a chunk size that is no number", POST + CHUNKED + "\r\nzz\r\nbody\r\n0\r\n\r\n");
        requests.put("a chunk size with a sign", POST + CHUNKED + "\r\n-4\r\nbody\r\n0\r\n\r\n");
        requests.put("a chunk longer than it says", POST + CHUNKED + "\r\n2\r\nbody\r\n0\r\n\r\n");
        requests.put("no host", "GET /asked HTTP/1.1\r\n\r\n");
        requests.put("two hosts", "GET /asked HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
        requests.put("a version that does not exist", "GET /asked HTTP/9.9\r\nHost: a\r\n\r\n");
        requests.put("a method with a control character", "G\1ET /asked HTTP/1.1\r\nHost: a\r\n\r\n");
        requests.put("a space in the target", "GET /as ked HTTP/1.1\r\nHost: a\r\n\r\n");
        return requests;
    }

    /** What a server may take, if it takes it for one request. */
    private static Map<String, String> ambiguous() {
        Map<String, String> requests = new TreeMap<>();
        requests.put("a length beside chunks", POST + "Content-Length: 4\r\n" + CHUNKED + "\r\n0\r\n\r\n" + HIDDEN);
        requests.put("chunks beside a length", POST + CHUNKED + "Content-Length: 4\r\n\r\n0\r\n\r\n" + HIDDEN);
        requests.put("chunked twice", POST + CHUNKED + CHUNKED + "\r\n0\r\n\r\n" + HIDDEN);
        requests.put("a folded header", POST + "X-A: a\r\n Content-Length: 4\r\nContent-Length: 0\r\n\r\n");
        requests.put(
                "a chunk extension with a line end in quotes",
                POST + CHUNKED + "\r\n1;ext=\"val\r\nX\r\n0\r\n\r\n" + HIDDEN);
        requests.put("a bare LF within chunks", POST + CHUNKED + "\r\n1\nX\r\n0\r\n\r\n");
        requests.put("trailers that are framing", POST + CHUNKED + "\r\n1\r\nX\r\n0\r\nContent-Length: 40\r\n\r\n");
        requests.put("a chunk extension", POST + CHUNKED + "\r\n1;a=b\r\nX\r\n0\r\n\r\n");
        requests.put(
                "an upgrade", "GET /asked HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
        return requests;
    }

    private List<Integer> statuses(Deployment.Kind kind, String request) {
        List<Integer> statuses = new ArrayList<>();
        try (RawClient client = RawClient.connect(world.deployment(kind).forward("impatient"))) {
            client.send(request).endOutput();
            while (statuses.size() < 5) {
                Head head = client.head();
                statuses.add(head.status());
                client.answer();
            }
        } catch (UncheckedIOException e) {
            return statuses;
        }
        return statuses;
    }

    @ParameterizedTest
    @KindSource
    void malformedRequestsAreRefusedAndTheConnectionEnds(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));

        refused().forEach((name, request) -> {
            String asked = World.path();
            List<Integer> statuses = statuses(kind, request.replace("/asked", asked));
            assertThat(statuses).as(name).hasSizeLessThanOrEqualTo(1).allMatch(status -> status >= 400);
            assertThat(statuses.isEmpty() || List.of(400, 408, 413, 501, 505).contains(statuses.get(0)))
                    .as(name + " got " + statuses)
                    .isTrue();
            assertThat(world.upstream.requests(asked)).as(name).noneMatch(UpstreamRequest::complete);
            assertThat(world.upstream.requests("/smuggled")).as(name).isEmpty();
        });
    }

    @ParameterizedTest
    @KindSource
    void ambiguousRequestsAreOneRequestOrNone(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));

        ambiguous().forEach((name, request) -> {
            String asked = World.path();
            List<Integer> statuses = statuses(kind, request.replace("/asked", asked));
            assertThat(world.upstream.requests(asked)).as(name).hasSizeLessThanOrEqualTo(1);
            assertThat(world.upstream.requests("/smuggled"))
                    .as(name + " got " + statuses)
                    .isEmpty();
            assertThat(world.upstream.requests(asked))
                    .as(name)
                    .noneMatch(seen ->
                            seen.head().has("Content-Length") && seen.head().has("Transfer-Encoding"));
        });
    }

    @ParameterizedTest
    @KindSource
    void anUnknownExpectationIsRefused(Deployment.Kind kind) {
        try (RawClient client = RawClient.connect(world.deployment(kind).forward("plain"))) {
            client.send(POST + "Expect: miracles\r\nContent-Length: 4\r\n\r\n");
            assertThat(client.head().status()).isEqualTo(417);
        }
        assertThat(world.upstream.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource(Deployment.Kind.LAUNCHER)
    void aHeadThatNeverEndsIsGivenUp(Deployment.Kind kind) {
        try (RawClient client = RawClient.connect(world.deployment(kind).forward("impatient"))) {
            client.send("GET /asked HTTP/1.1\r\nHost: a\r\nX-Begun: ");
            assertThat(client.closedWithin(Duration.ofSeconds(5))).isTrue();
        }
        assertThat(world.upstream.requests()).isEmpty();
    }
}
