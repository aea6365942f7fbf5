package io.llmproxy.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.Event;
import io.llmproxy.testing.H2Client;
import io.llmproxy.testing.H2Stream;
import io.llmproxy.testing.Head;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.eclipse.jetty.http.HttpFields;

/** Clients that leave, dawdle, send what is no HTTP or what two servers would read in two ways. */
class ClientFaultsIT {
    private static final Behaviour FINE = Behaviour.json("{\"fine\":true}");
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";
    private static final String HIDDEN = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

    private final FaultWorld world = FaultWorld.fresh();

    private static String post(Scene scene, String headers) {
        return "POST " + scene.uri(Scene.CHAT).getPath() + " HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
    }

    private static RawClient connect(Scene scene) {
        return RawClient.connect(scene.uri(Scene.CHAT));
    }

    /** All answers to some bytes, until the connection ends or falls silent. */
    private static List<Answer> answers(Scene scene, String bytes) {
        List<Answer> answers = new ArrayList<>();
        try (RawClient client = connect(scene)) {
            client.send(bytes).endOutput();
            while (answers.size() < 5) {
                client.head();
                answers.add(client.answer());
            }
        } catch (UncheckedIOException e) {
            return answers;
        }
        return answers;
    }

    private void assertNothingSmuggled() {
        assertThat(world.first.requests())
                .noneMatch(request -> request.head().target().contains("smuggled"));
    }

    @Fault(value = "C1", on = Kind.LAUNCHER)
    void leavesBeforeTheAnswerBegins(Kind kind) {
        for (byte[] question : new byte[][] {Scene.QUESTION, Scene.STREAM}) {
            Scene scene = world.scene(kind, "patient").first(Behaviour.hangs());
            RawClient client = connect(scene).send("POST", scene.uri(Scene.CHAT).getPath(), Scene.JSON, question);
            UpstreamRequest request = scene.arrived();

            client.reset();

            assertThat(request.awaitAborted(SECOND)).isTrue();
            scene.assertCalls(1, 0);
            scene.assertBreaker("a", 0, 0);
            scene.assertCounted(
                    1, "llmproxy_http_request_errors_total", "forward=\"faults\"", "error=\"client_closed_request\"");
        }
    }

    @Fault("C1")
    void resetsItsHttp2StreamBeforeTheAnswerBegins(Kind kind) {
        Scene scene = world.scene(kind, "patient").first(Behaviour.hangs());
        URI uri = scene.uri(Scene.CHAT);
        try (H2Client client = H2Client.connect(uri)) {
            H2Stream stream = client.post(uri, HttpFields.build(), Scene.STREAM);
            UpstreamRequest request = scene.arrived();

            stream.cancel();

            assertThat(request.awaitAborted(SECOND)).isTrue();
        }
        scene.assertBreaker("a", 0, 0);
        scene.assertCounted(
                1, "llmproxy_http_request_errors_total", "forward=\"faults\"", "error=\"client_closed_request\"");
    }

    @Fault("C2")
    void leavesInTheMiddleOfAStream(Kind kind) {
        Scene scene = world.scene(kind, "patient")
                .first(Behaviour.streams(Duration.ofMillis(50), Collections.nCopies(400, Scene.BEGUN.get(0))));
        RawClient client = scene.open();
        client.head();
        client.event();

        client.close();

        assertThat(scene.arrived().awaitAborted(SECOND)).isTrue();
        scene.assertCalls(1, 0);
        scene.assertBreaker("a", 0, 0);
        scene.assertNoUpstreamErrors();
        scene.assertCounted(
                1, "llmproxy_http_request_errors_total", "forward=\"faults\"", "error=\"client_closed_request\"");
    }

    @Fault("C3")
    void closesItsHalf(Kind kind) {
        Scene scene = world.scene(kind, "one").first(Behaviour.delayed(Duration.ofMillis(500), FINE));
        try (RawClient client = connect(scene)) {
            client.send("POST", scene.uri(Scene.CHAT).getPath(), Scene.JSON, Scene.QUESTION)
                    .endOutput();
            assertThat(client.answer().text()).isEqualTo("{\"fine\":true}");
        }
        scene.assertBreaker("a", 1, 0);
    }

    /** Tomcat ends the connection itself when the end of the client's half comes right behind the last chunk. */
    @Fault(
            value = "C3",
            on = {Kind.LAUNCHER, Kind.JETTY})
    void closesItsHalfBehindTheLastChunk(Kind kind) {
        Scene scene = world.scene(kind, "one").first(Behaviour.delayed(Duration.ofMillis(500), FINE));
        try (RawClient client = connect(scene)) {
            client.send(post(scene, CHUNKED) + "2\r\n{}\r\n0\r\n\r\n").endOutput();
            assertThat(client.answer().text()).isEqualTo("{\"fine\":true}");
        }
        scene.assertBreaker("a", 1, 0);
    }

    @Fault("C4")
    void stopsReading(Kind kind) {
        long length = 64 << 20;
        Scene scene = world.scene(kind, "strict", "patient").first(Behaviour.floods(length));
        long before = scene.deployment().process().residentBytes();
        try (RawClient client = RawClient.connect(scene.uri(Scene.CHAT), 65536)) {
            client.send("POST", scene.uri(Scene.CHAT).getPath(), Scene.JSON, Scene.QUESTION)
                    .head();
            UpstreamRequest request = scene.arrived();
            assertThat(request.awaitAborted(Duration.ofMillis(500))).isFalse();
            assertThat(scene.deployment().process().residentBytes() - before).isLessThan(24 << 20);
            assertThat(request.awaitAborted(Duration.ofSeconds(3))).isTrue();
            assertThat(request.sent()).isLessThan(24 << 20);
            assertThat(client.answer().whole()).isFalse();
        }
        scene.assertBreaker("a", 0, 0);
        scene.assertNoUpstreamErrors();
        scene.assertCounted(
                1, "llmproxy_http_request_errors_total", "forward=\"strict\"", "error=\"client_write_timeout\"");
    }

    @Fault(value = "C5", on = Kind.LAUNCHER)
    void aHeadThatNeverEnds(Kind kind) {
        Scene scene = world.scene(kind, "strict", "one");
        int threads = scene.deployment().process().threads();
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            clients.add(connect(scene).send("POST /one HTTP/1.1\r\nHost: a\r\nX-Begun: "));
        }
        assertThat(scene.deployment().process().threads() - threads).isLessThan(40);
        assertThat(scene.ask().status()).isEqualTo(200);
        long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
        RawClient dripping = clients.get(0);
        boolean closed = false;
        while (!closed && System.nanoTime() < end) {
            try {
                dripping.send("x");
                closed = !dripping.silentFor(Duration.ofMillis(100));
            } catch (UncheckedIOException e) {
                closed = true;
            }
        }
        assertThat(closed).as("the one that drips is cut off").isTrue();
        clients.forEach(client -> assertThat(client.closedWithin(SECOND)).isTrue());
        scene.assertCalls(1, 0);
    }

    @Fault("C6")
    void aBodyThatStops(Kind kind) {
        Scene scene = world.scene(kind, "strict", "one");
        try (RawClient client = connect(scene)) {
            client.send(post(scene, "Content-Length: 1000\r\n")).send("{\"model\"");
            Answer answer = client.answer();
            Scene.assertOurs(answer, 408, "request_timeout");
            assertThat(answer.header("Connection")).isEqualToIgnoringCase("close");
        }
        scene.assertCalls(0, 0);
        scene.assertClientErrors("request_timeout", 408, 1);
        scene.assertBreaker("a", 0, 0);
    }

    @Fault("C6")
    void aBodyThatDrips(Kind kind) {
        Scene scene = world.scene(kind, "strict", "one");
        try (RawClient client = connect(scene)) {
            client.send(post(scene, "Content-Length: 1000\r\n"));
            long end = System.nanoTime() + Duration.ofSeconds(4).toNanos();
            boolean answered = false;
            while (!answered && System.nanoTime() < end) {
                client.send("x");
                answered = !client.silentFor(Duration.ofMillis(50));
            }
            Scene.assertOurs(client.answer(), 408, "request_timeout");
        }
        scene.assertCalls(0, 0);
        scene.assertClientErrors("request_timeout", 408, 1);
    }

    @Fault("C7")
    void headsThatAreTooLong(Kind kind) {
        Scene scene = world.scene(kind, "one");
        String begin = "GET " + scene.uri(Scene.CHAT).getPath();
        List<Answer> longTarget = answers(scene, begin + "x".repeat(40_000) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        List<Answer> longLine =
                answers(scene, begin + " HTTP/1.1\r\nHost: a\r\nX-Long: " + "x".repeat(40_000) + "\r\n\r\n");
        List<Answer> manyLines =
                answers(scene, begin + " HTTP/1.1\r\nHost: a\r\n" + "X-Many: 1\r\n".repeat(150) + "\r\n");

        assertThat(longTarget).hasSize(1);
        assertThat(longLine).hasSize(1);
        assertThat(manyLines).hasSize(1);
        if (kind == Kind.LAUNCHER) {
            Scene.assertOurs(longTarget.get(0), 414, "uri_too_long");
            Scene.assertOurs(longLine.get(0), 431, "headers_too_large");
            Scene.assertOurs(manyLines.get(0), 431, "headers_too_large");
        } else {
            // The container refuses these, in words of its own.
            assertThat(longTarget.get(0).status()).isIn(400, 414);
            assertThat(longLine.get(0).status()).isIn(400, 431);
            assertThat(manyLines.get(0).status()).isIn(400, 431);
        }
        scene.assertCalls(0, 0);
    }

    @Fault("C8")
    void aBodyThatIsTooLarge(Kind kind) {
        Scene stated = world.scene(kind, "strict", "one");
        try (RawClient client = connect(stated)) {
            Answer answer =
                    client.send(post(stated, "Content-Length: 65537\r\n")).answer();
            Scene.assertOurs(answer, 413, "body_too_large");
            assertThat(answer.header("Connection")).isEqualToIgnoringCase("close");
        }
        stated.assertCalls(0, 0);
        stated.assertClientErrors("body_too_large", 413, 1);

        Scene chunks = world.scene(kind, "strict", "one");
        try (RawClient client = connect(chunks)) {
            client.send(post(chunks, CHUNKED));
            for (int i = 0; i <= 65; i++) {
                client.sendChunk(new byte[1000]);
            }
            client.sendChunk(new byte[1000]);
            Scene.assertOurs(client.answer(), 413, "body_too_large");
        }
        chunks.assertCalls(0, 0);
        chunks.assertClientErrors("body_too_large", 413, 1);
        chunks.assertBreaker("a", 0, 0);
    }

    @Fault("C9")
    void aBodyThatEndsEarly(Kind kind) {
        Scene scene = world.scene(kind, "strict", "one");
        List<Answer> answers = answers(scene, post(scene, "Content-Length: 100\r\n") + "{\"model\":\"m\"}");

        assertThat(answers).hasSizeLessThanOrEqualTo(1).allMatch(answer -> answer.status() == 400);
        assertThat(scene.requests(world.first)).noneMatch(UpstreamRequest::complete);
        scene.assertBreaker("a", 0, 0);
        scene.assertNoUpstreamErrors();
    }

    @Fault("C10")
    void twoRequestsAtOnce(Kind kind) {
        LockStep steps = new LockStep();
        Scene first = world.scene(kind, "one").first(Behaviour.lockStep(steps, Scene.WHOLE));
        Scene second = world.scene(kind, "one").first(Behaviour.echo());
        String stream = new String(Scene.STREAM, StandardCharsets.UTF_8);
        try (RawClient client = connect(first)) {
            client.send(post(first, Scene.JSON + "Content-Length: " + stream.length() + "\r\n") + stream
                    + post(second, "Content-Length: 6\r\n") + "second");
            assertThat(client.head().status()).isEqualTo(200);
            Event event = client.event();
            assertThat(event.text() + "\n\n").isEqualTo(Scene.WHOLE.get(0));
            assertThat(second.requests(world.first)).isEmpty();
            steps.finish();
            assertThat(client.answer().text()).endsWith(Scene.DONE);
            assertThat(client.answer().text()).isEqualTo("second");
        }
        first.assertCalls(1, 0);
        second.assertCalls(1, 0);
    }

    @Fault("C11")
    void chunkExtensions(Kind kind) {
        Scene fine = world.scene(kind, "one").first(Behaviour.echo());
        try (RawClient client = connect(fine)) {
            client.send(post(fine, CHUNKED) + "2;a=b\r\n{}\r\n0;last\r\n\r\n");
            assertThat(client.answer().text()).isEqualTo("{}");
        }
        assertThat(fine.arrived().body()).asString().isEqualTo("{}");

        for (String hostile : List.of(
                "1;ext=\"val\r\nX\r\n0\r\n\r\n" + HIDDEN,
                "1;a\nb\r\nX\r\n0\r\n\r\n" + HIDDEN,
                "1;" + "x".repeat(100_000) + "\r\nX\r\n0\r\n\r\n")) {
            Scene scene = world.scene(kind, "one");
            assertThat(answers(scene, post(scene, CHUNKED) + hostile)).hasSizeLessThanOrEqualTo(1);
            assertThat(scene.requests(world.first)).hasSizeLessThanOrEqualTo(1);
        }
        assertNothingSmuggled();
    }

    @Fault("C12")
    void whatTwoServersWouldReadInTwoWays(Kind kind) {
        for (String headers : List.of(
                "X-Nul: a\0b\r\n",
                "X-Cr: a\rContent-Length: 4\r\n",
                "Content-Length: 4\r\nContent-Length: 5\r\n",
                "Content-Length: +4\r\n",
                "Transfer-Encoding: xchunked\r\n",
                "Transfer-Encoding : chunked\r\n")) {
            Scene scene = world.scene(kind, "strict", "one");
            List<Answer> answers = answers(scene, post(scene, headers) + "0\r\n\r\n" + HIDDEN);
            assertThat(answers).as(headers).hasSizeLessThanOrEqualTo(1).allMatch(answer -> answer.status() >= 400);
            assertThat(scene.requests(world.first)).as(headers).noneMatch(UpstreamRequest::complete);
        }
        for (String headers : List.of(
                "Content-Length: 4\r\n" + CHUNKED,
                CHUNKED + CHUNKED,
                "X-Folded: a\r\n Content-Length: 4\r\nContent-Length: 0\r\n")) {
            Scene scene = world.scene(kind, "strict", "one");
            List<Answer> answers = answers(scene, post(scene, headers) + "0\r\n\r\n" + HIDDEN);
            assertThat(scene.requests(world.first)).as(headers + answers).hasSizeLessThanOrEqualTo(1);
        }
        assertNothingSmuggled();
    }

    @Fault("C13")
    void expectations(Kind kind) {
        Scene scene = world.scene(kind, "strict", "one").first(Behaviour.echo());
        try (RawClient client = connect(scene)) {
            client.send(post(scene, "Expect: 100-continue\r\nContent-Length: 4\r\n"));
            assertThat(client.head().status()).isEqualTo(100);
            assertThat(client.send("body").answer().text()).isEqualTo("body");
        }
        assertThat(scene.arrived().head().has("Expect")).isFalse();
        try (RawClient client = connect(scene)) {
            client.send(post(scene, "Expect: 100-continue\r\nContent-Length: 65537\r\n"));
            Head head = client.head();
            // Tomcat gives leave on its own, before it asks us.
            assertThat(head.status()).isEqualTo(kind == Kind.TOMCAT ? 100 : 413);
            assertThat(kind == Kind.TOMCAT ? client.head().status() : head.status())
                    .isEqualTo(413);
        }
        try (RawClient client = connect(scene)) {
            client.send(post(scene, "Expect: miracles\r\nContent-Length: 4\r\n"));
            assertThat(client.head().status()).isEqualTo(417);
        }
        scene.assertCalls(1, 0);
    }

    @Fault("C14")
    void jsonThatIsNone(Kind kind) {
        for (String body :
                List.of("{not json", "{\"model\":\"a\",\"model\":\"b\"}", "{}", "\u00ff\u00fe", "[".repeat(5000))) {
            Scene scene = world.scene(kind, "one").first(Behaviour.echo());
            byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
            Answer answer = RawClient.exchange(scene.uri(Scene.CHAT), "POST", Scene.JSON, bytes);
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo(bytes);
            scene.assertCalls(1, 0);
            scene.assertBreaker("a", 1, 0);
        }
    }

    @Fault("C16")
    void whatIsNotThere(Kind kind) {
        Scene scene = world.scene(kind, "one").first("/v1/no/such/path", Behaviour.status(404, "", "the upstream's"));
        assertThat(scene.ask("/v1/no/such/path").text()).isEqualTo("the upstream's");
        assertThat(scene.ask("PATCH", Scene.CHAT, "").status()).isEqualTo(200);
        assertThat(scene.requests(world.first).get(1).head().method()).isEqualTo("PATCH");

        URI nowhere = scene.deployment().admin("/no/such/path");
        assertThat(RawClient.exchange(nowhere, "GET", "", Scene.NOTHING).status())
                .isEqualTo(404);
        Answer written = RawClient.exchange(scene.deployment().admin("/metrics"), "DELETE", "", Scene.NOTHING);
        assertThat(written.status()).isEqualTo(405);
        assertThat(written.header("Allow")).contains("GET");
    }

    @Fault("C18")
    void anotherRequestBehindOneThatWasRefused(Kind kind) {
        Scene scene = world.scene(kind, "strict", "one");
        String inside = HIDDEN.repeat(65537 / HIDDEN.length() + 1);
        String next = "GET " + scene.uri("/v1/models").getPath() + " HTTP/1.1\r\nHost: a\r\n\r\n";
        List<Answer> answers = new ArrayList<>();
        try (RawClient client = connect(scene)) {
            client.send(post(scene, "Content-Length: " + inside.length() + "\r\n"))
                    .send(inside)
                    .send(next);
            while (answers.size() < 5) {
                client.head();
                answers.add(client.answer());
            }
        } catch (UncheckedIOException e) {
            // The connection has been closed, as it may be.
            assertThat(answers).hasSizeLessThanOrEqualTo(2);
        }
        assertThat(answers.stream().map(Answer::status)).doesNotContain(500);
        assertThat(answers.stream().limit(1)).allMatch(answer -> answer.status() == 413);
        assertNothingSmuggled();
    }

    @Fault("C19")
    void http2StreamsByTheHundred(Kind kind) {
        Scene scene = world.scene(kind, "patient").first(Behaviour.hangs());
        Scene others = world.scene(kind, "one");
        URI uri = scene.uri(Scene.CHAT);
        long before = scene.deployment().process().residentBytes();
        try (H2Client client = H2Client.connect(uri)) {
            for (int i = 0; i < 2000; i++) {
                client.open(uri, "POST", HttpFields.build(), false).cancel();
            }
        } catch (IllegalStateException | java.util.concurrent.CompletionException ended) {
            // The server has had enough of it.
            assertThat(ended).isNotNull();
        }
        long asked = System.nanoTime();
        assertThat(others.ask().status()).isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(FaultWorld.unlessBusy(SECOND));
        assertThat(scene.deployment().process().residentBytes() - before).isLessThan(48 << 20);
        scene.assertBreaker("a", 0, 0);
    }

    @Fault("C19")
    void anHttp2HeadWithoutEnd(Kind kind) {
        Scene others = world.scene(kind, "one");
        long before = others.deployment().process().residentBytes();
        try (RawClient client = connect(others)) {
            client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").send(frame(4, 0, 0, new byte[0]));
            client.send(frame(1, 0, 1, new byte[] {(byte) 0x82}));
            byte[] more = frame(9, 0, 1, new byte[16_000]);
            boolean cut = false;
            for (int i = 0; i < 2000 && !cut; i++) {
                try {
                    client.send(more);
                } catch (UncheckedIOException e) {
                    cut = true;
                }
            }
            assertThat(cut || client.closedWithin(SECOND)).isTrue();
        }
        assertThat(others.ask().status()).isEqualTo(200);
        assertThat(others.deployment().process().residentBytes() - before).isLessThan(48 << 20);
    }

    private static byte[] frame(int type, int flags, int stream, byte[] payload) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(new byte[] {
            (byte) (payload.length >> 16),
            (byte) (payload.length >> 8),
            (byte) payload.length,
            (byte) type,
            (byte) flags
        });
        bytes.writeBytes(new byte[] {0, 0, 0, (byte) stream});
        bytes.writeBytes(payload);
        return bytes.toByteArray();
    }
}
