package io.llmproxy.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.time.Duration;
import java.util.List;

/** Upstreams whose answers never come, break off or are no HTTP. */
class AnswerFaultsIT {
    private static final Behaviour FINE = Behaviour.json("{\"fine\":true}");
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final long MEBIBYTE = 1 << 20;

    private final FaultWorld world = FaultWorld.fresh();

    /** The first upstream fails each call in a way that says nothing of whether it worked on the request. */
    private Answer failsOnce(Kind kind, Behaviour behaviour, int status, String code) {
        Scene scene = world.scene(kind, "two").first(behaviour).second(FINE);
        // On a connection that was used before, one that breaks off would be tried again: see U6.
        world.first.dropConnections();

        Answer answer = scene.ask();

        Scene.assertOurs(answer, status, code);
        assertThat(answer.header("x-should-retry")).isEqualTo("false");
        scene.assertCalls(1, 0);
        scene.assertUpstreamErrors("a", code, 1);
        scene.assertBreaker("a", 0, 1);
        scene.assertClientErrors(code, status, 1);
        return answer;
    }

    /** A body breaks off when its beginning is on its way to the client: that has to be told from an end. */
    private void breaksOff(Kind kind, Behaviour behaviour, String code) {
        Scene scene = world.scene(kind, "two").first(behaviour).second(FINE);

        Answer answer = scene.ask();

        if (answer.status() == 502) {
            Scene.assertOurs(answer, 502, code);
        } else {
            assertThat(answer.whole()).as(answer.toString()).isFalse();
        }
        scene.assertCalls(1, 0);
        scene.assertUpstreamErrors("a", code, 1);
        scene.assertBreaker("a", 0, 1);
        scene.assertClientErrors(code, answer.status(), 1);
    }

    @Fault("U7")
    void aResetBeforeTheHeadIsNotRepeated(Kind kind) {
        failsOnce(kind, Behaviour.resets(), 502, "upstream_reset");
        failsOnce(kind, Behaviour.closesUnanswered(), 502, "upstream_reset");
    }

    @Fault("U7")
    void whereItCannotHurtAnotherUpstreamIsAsked(Kind kind) {
        Scene scene = world.scene(kind, "two");
        world.first.otherwise(Behaviour.resets());
        world.first.dropConnections();

        assertThat(scene.ask("GET", "/v1/models", "").status()).isEqualTo(200);
        assertThat(scene.ask("/v1/embeddings").status()).isEqualTo(200);
        assertThat(scene.ask("/v1/messages/count_tokens").status()).isEqualTo(200);
        scene.assertCalls(3, 3);
        scene.assertBreaker("a", 0, 3);
        Scene unsafe = world.scene(kind, "unsafe");
        assertThat(unsafe.ask().status()).isEqualTo(200);
        unsafe.assertCalls(1, 1);
    }

    @Fault("U8")
    void silenceBeforeTheHead(Kind kind) {
        Scene scene = world.scene(kind, "two").first(Behaviour.hangs());
        long begin = System.nanoTime();

        Answer answer = scene.ask();

        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .isBetween(SOON, FaultWorld.unlessBusy(Duration.ofMillis(2500)));
        Scene.assertOurs(answer, 504, "upstream_timeout");
        assertThat(scene.arrived().awaitAborted(SOON)).isTrue();
        scene.assertCalls(1, 0);
        scene.assertUpstreamErrors("a", "upstream_timeout", 1);
        scene.assertBreaker("a", 0, 1);
        scene.assertClientErrors("upstream_timeout", 504, 1);
    }

    @Fault("U8")
    void aStreamThatDoesNotBeginGoesElsewhere(Kind kind) {
        Scene scene = world.scene(kind, "late")
                .first(Behaviour.hangs())
                .second(Behaviour.streams(Duration.ZERO, Scene.WHOLE));

        assertThat(scene.stream().text()).isEqualTo(String.join("", Scene.WHOLE));

        assertThat(scene.arrived().awaitAborted(SOON)).isTrue();
        scene.assertCalls(1, 1);
        scene.assertUpstreamErrors("a", "upstream_timeout", 1);
        scene.assertBreaker("a", 0, 1);
    }

    @Fault("U8")
    void aPlainAnswerMayBeginLater(Kind kind) {
        Scene scene = world.scene(kind, "late").first(Behaviour.delayed(Duration.ofMillis(1500), FINE));

        assertThat(scene.ask().text()).isEqualTo("{\"fine\":true}");
        scene.assertCalls(1, 0);
        scene.assertBreaker("a", 1, 0);
    }

    @Fault("U9")
    void aResetInTheMiddleOfABody(Kind kind) {
        breaksOff(kind, Behaviour.resetsMidBody("{\"half\":", 1000), "upstream_reset");
    }

    @Fault("U13")
    void aBodyThatDrips(Kind kind) {
        String body = "{\"slow\":true}";
        Scene slow = world.scene(kind, "one").first(Behaviour.drips(body, Duration.ofMillis(100)));
        try (RawClient client = slow.open()) {
            client.head();
            long begin = System.nanoTime();
            assertThat(client.read(1)).asString().isEqualTo("{");
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isLessThan(FaultWorld.unlessBusy(Duration.ofSeconds(1)));
            assertThat(client.answer().text()).isEqualTo(body.substring(1));
        }
        slow.assertBreaker("a", 1, 0);

        Scene limited = world.scene(kind, "deadline").first(Behaviour.drips(body, Duration.ofMillis(300)));
        Answer cut = limited.ask();
        assertThat(cut.whole()).as(cut.toString()).isFalse();
        assertThat(limited.arrived().awaitAborted(SOON)).isTrue();
        limited.assertClientErrors("upstream_deadline", 200, 1);
    }

    @Fault("U14")
    void brokenChunks(Kind kind) {
        breaksOff(kind, Behaviour.badChunk(), "upstream_reset");
        breaksOff(
                kind,
                Behaviour.raw(OK + "Transfer-Encoding: chunked\r\n\r\n4\r\ngoodbad\r\n0\r\n\r\n"),
                "upstream_reset");
        Scene stream = world.scene(kind, "one").first(Behaviour.breaksFramingMidStream(Scene.BEGUN));
        Scene.assertBrokenOff(stream.stream(), Scene.BEGUN);
        stream.assertBreaker("a", 0, 1);
    }

    @Fault("U15")
    void aBodyShorterThanStated(Kind kind) {
        breaksOff(kind, Behaviour.statesTooMuch("{\"half\":"), "upstream_reset");
    }

    @Fault("U16")
    void bytesBeyondTheStatedLength(Kind kind) {
        String forged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
        Scene scene =
                world.scene(kind, "one").first(Behaviour.rawOpen(OK + "Content-Length: 4\r\n\r\ngood" + forged), FINE);

        Answer first = scene.ask();

        assertThat(first.text()).isEqualTo("good");
        for (int i = 0; i < 3; i++) {
            assertThat(scene.ask().text()).isEqualTo("{\"fine\":true}");
        }
        scene.assertCalls(4, 0);
        scene.assertBreaker("a", 4, 0);
    }

    @Fault("U17")
    void whatIsNoHttp(Kind kind) {
        for (String bytes : List.of(
                OK + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
                OK + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 two hundred\r\n\r\n",
                "HTTP/1.1 20\r\nContent-Length: 0\r\n\r\n",
                "{\"no\":\"head at all\"}\r\n\r\n",
                OK + "No colon\r\nContent-Length: 0\r\n\r\n",
                OK + "X-Nul: a\0b\r\nContent-Length: 0\r\n\r\n")) {
            failsOnce(kind, Behaviour.raw(bytes), 502, "upstream_bad_response");
        }
    }

    @Fault("U18")
    void aHeadWithoutMeasure(Kind kind) {
        Scene.assertOurs(
                failsOnce(kind, Behaviour.endlessHead("X-Many: 12345678\r\n", 10_000), 502, "upstream_bad_response"),
                502,
                "upstream_bad_response");
        long before = world.deployment(kind).process().residentBytes();
        for (int i = 0; i < 20; i++) {
            failsOnce(
                    kind,
                    Behaviour.endlessHead("X-Long: " + "x".repeat(1 << 20) + "\r\n", 1),
                    502,
                    "upstream_bad_response");
        }
        assertThat(world.deployment(kind).process().residentBytes() - before).isLessThan(24 * MEBIBYTE);
    }

    @Fault("U19")
    void interimAnswers(Kind kind) {
        Scene few = world.scene(kind, "one").first(Behaviour.interim(103, 20, FINE));
        assertThat(few.ask().text()).isEqualTo("{\"fine\":true}");
        few.assertBreaker("a", 1, 0);

        for (int status : new int[] {100, 102, 103}) {
            failsOnce(kind, Behaviour.interim(status, 40, FINE), 502, "upstream_bad_response");
        }
    }

    @Fault("U20")
    void aSwitchOfProtocols(Kind kind) {
        failsOnce(
                kind,
                Behaviour.raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
                502,
                "upstream_bad_response");
    }

    @Fault("U21")
    void aBodyWhereNoneMayBe(Kind kind) {
        String body = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
        List<String> heads = List.of(
                "HTTP/1.1 204 No Content\r\n\r\n",
                "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n",
                OK + "Content-Length: 4\r\n\r\n");
        for (String head : heads) {
            String method = head.contains("200") ? "HEAD" : "GET";
            Scene scene = world.scene(kind, "one").first("/v1/models", Behaviour.rawOpen(head + body), FINE);

            Answer answer = scene.ask(method, "/v1/models", "");

            assertThat(answer.head().startLine()).contains(head.substring(9, 12));
            assertThat(answer.body()).isEmpty();
            assertThat(scene.ask("GET", "/v1/models", "").text()).isEqualTo("{\"fine\":true}");
            scene.assertNoUpstreamErrors();
        }
    }

    @Fault("U22")
    void theFinalAnswerWhileTheClientUploads(Kind kind) {
        int length = 64 << 20;
        Scene scene = world.scene(kind, "one").first(Behaviour.answersEarly(413, "{\"error\":\"too much\"}"));
        byte[] piece = new byte[65536];
        try (RawClient client = RawClient.connect(scene.uri(Scene.CHAT))) {
            client.send("POST " + scene.uri(Scene.CHAT).getPath() + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + length
                    + "\r\n\r\n");
            // More than is kept, so that the upstream is asked before all of it has come.
            for (int sent = 0; sent < 9 << 20; sent += piece.length) {
                client.send(piece);
            }
            Answer answer = client.answer();
            assertThat(answer.status()).as(answer.toString()).isEqualTo(413);
            assertThat(answer.text()).isEqualTo("{\"error\":\"too much\"}");
        }
        UpstreamRequest request = scene.arrived();
        assertThat(request.complete()).isFalse();
        scene.assertCalls(1, 0);
        scene.assertBreaker("a", 0, 0);
    }

    @Fault("U30")
    void anErrorWithinAGoodStatus(Kind kind) {
        String body = "{\"error\":{\"message\":\"no\",\"type\":\"server_error\"}}";
        String event = "data: " + body + "\n\n";
        Scene scene =
                world.scene(kind, "one").first(Behaviour.json(body), Behaviour.streams(Duration.ZERO, List.of(event)));

        assertThat(scene.ask().text()).isEqualTo(body);
        Answer stream = scene.stream();
        assertThat(stream.text()).isEqualTo(event);
        assertThat(stream.whole()).isTrue();
        scene.assertCalls(2, 0);
    }

    @Fault("U32")
    void trailersAreNoHeaders(Kind kind) {
        Scene scene = world.scene(kind, "one")
                .first(Behaviour.trailers("{}", "X-Late: 1\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\n"), FINE);

        Answer answer = scene.ask();

        assertThat(answer.text()).isEqualTo("{}");
        assertThat(answer.whole()).isTrue();
        assertThat(answer.head().has("X-Late")).isFalse();
        assertThat(answer.head().has("Set-Cookie")).isFalse();
        assertThat(scene.ask().text()).isEqualTo("{\"fine\":true}");
        scene.assertBreaker("a", 2, 0);
    }

    @Fault("U33")
    void redirectsAreNotFollowed(Kind kind) {
        for (int status : new int[] {301, 302, 303, 307, 308}) {
            String location = world.second.url() + "/elsewhere";
            Scene scene =
                    world.scene(kind, "one").first(Behaviour.status(status, "Location: " + location + "\r\n", ""));

            Answer answer = scene.ask();

            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.header("Location")).isEqualTo(location);
            scene.assertCalls(1, 0);
            scene.assertNoUpstreamErrors();
        }
        assertThat(world.second.requests("/elsewhere")).isEmpty();
    }
}
