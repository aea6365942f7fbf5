package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Event;
import io.llmproxy.testing.H2Client;
import io.llmproxy.testing.H2Stream;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.params.ParameterizedTest;

class StreamingIT {
    private static final byte[] NOTHING = {};
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";
    private static final String GENERATE = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final byte[] QUESTION =
            "{\"model\":\"m\",\"stream\":true,\"messages\":[]}".getBytes(StandardCharsets.UTF_8);
    private static final String DELTA =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%d\"},\"finish_reason\":null}]}\n\n";
    private static final String STOP =
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    private static final String DONE = "data: [DONE]\n\n";
    private static final List<String> EVENTS =
            List.of(DELTA.formatted(1), DELTA.formatted(2), DELTA.formatted(3), STOP, DONE);

    private final World world = World.fresh();

    private static RawClient ask(URI uri) {
        return RawClient.connect(uri)
                .send("POST", RawClient.target(uri), "Content-Type: application/json\r\n", QUESTION);
    }

    @ParameterizedTest
    @KindSource
    void anEventArrivesBeforeTheUpstreamMakesTheNext(Deployment.Kind kind) {
        Deployment deployment = world.deployment(kind);
        eventsArriveInLockStep(deployment.forward("plain", CHAT), EVENTS);
        eventsArriveInLockStep(
                deployment.forward("plain", MESSAGES),
                List.of(
                        "event: ping\ndata: {\"type\":\"ping\"}\n\n",
                        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
        eventsArriveInLockStep(
                deployment.forward("plain", GENERATE),
                List.of(
                        "data: {\"candidates\":[{\"index\":0}]}\n\n",
                        "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n"));
    }

    private void eventsArriveInLockStep(URI uri, List<String> events) {
        LockStep steps = new LockStep();
        world.upstream.on(uri.getPath(), Behaviour.lockStep(steps, events));

        try (RawClient client = ask(uri)) {
            var head = client.head();
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.value("Content-Type")).hasValue("text/event-stream");
            assertThat(head.value("X-Accel-Buffering")).hasValue("no");
            for (int n = 0; n < events.size(); n++) {
                assertThat(client.event(SOON).text() + "\n\n").isEqualTo(events.get(n));
                assertThat(steps.made()).isEqualTo(n + 1);
                steps.next();
            }
            Answer rest = client.answer();
            assertThat(rest.whole()).isTrue();
            assertThat(rest.text()).isEmpty();
        }
    }

    @ParameterizedTest
    @KindSource
    void anEventArrivesBeforeTheUpstreamMakesTheNextOverHttp2(Deployment.Kind kind) {
        LockStep steps = new LockStep();
        world.upstream.on(CHAT, Behaviour.lockStep(steps, EVENTS));
        URI uri = world.deployment(kind).forward("plain", CHAT);

        try (H2Client client = H2Client.connect(uri)) {
            H2Stream stream = client.post(uri, HttpFields.build().put("Content-Type", "application/json"), QUESTION);
            assertThat(stream.head().getStatus()).isEqualTo(200);
            assertThat(stream.head().getHttpFields().get("X-Accel-Buffering")).isEqualTo("no");
            for (int n = 0; n < EVENTS.size(); n++) {
                assertThat(stream.event(SOON).text() + "\n\n").isEqualTo(EVENTS.get(n));
                assertThat(steps.made()).isEqualTo(n + 1);
                steps.next();
            }
            assertThat(stream.body()).isEmpty();
            assertThat(stream.whole()).isTrue();
        }
    }

    @ParameterizedTest
    @KindSource
    void bodiesArriveByteForByteHoweverTheyAreFramed(Deployment.Kind kind) {
        byte[] body = new byte[300_000];
        new Random(7).nextBytes(body);
        world.upstream
                .on("/chunked", Behaviour.chunked(body, 777))
                .on("/length", Behaviour.bytes(200, "Content-Type: image/png\r\n", body))
                .on("/close", Behaviour.closeDelimited(body))
                .on("/dripped", Behaviour.drips("{\"slow\":true}", Duration.ofMillis(10)));
        Deployment deployment = world.deployment(kind);

        for (String path : List.of("/chunked", "/length", "/close")) {
            Answer answer = RawClient.exchange(deployment.forward("plain", path), "GET", "", NOTHING);
            assertThat(answer.body()).as(path).isEqualTo(body);
            assertThat(answer.whole()).as(path).isTrue();
            assertThat(answer.header("Content-Length")).as(path).isEqualTo(path.equals("/length") ? "300000" : "");
        }
        Answer dripped = RawClient.exchange(deployment.forward("plain", "/dripped"), "GET", "", NOTHING);
        assertThat(dripped.text()).isEqualTo("{\"slow\":true}");
    }

    @ParameterizedTest
    @KindSource
    void compressedBodiesPassUntouched(Deployment.Kind kind) {
        byte[] compressed = Behaviour.compress("{\"compressed\":true}".repeat(100));
        String path = World.path();
        world.upstream.on(path, Behaviour.gzip(compressed));

        URI uri = world.deployment(kind).forward("plain", path);
        Answer answer = RawClient.exchange(uri, "GET", "Accept-Encoding: gzip, br\r\n", NOTHING);

        assertThat(answer.body()).isEqualTo(compressed);
        assertThat(answer.header("Content-Encoding")).isEqualTo("gzip");
        assertThat(answer.header("Content-Length")).isEqualTo(Integer.toString(compressed.length));
        assertThat(world.upstream.awaitRequest(path).head().value("Accept-Encoding"))
                .hasValue("gzip, br");
        RawClient.exchange(uri, "GET", "", NOTHING);
        assertThat(world.upstream.awaitRequest(path).head().has("Accept-Encoding"))
                .isFalse();
    }

    @ParameterizedTest
    @KindSource
    void answersWithoutABodyStayWithoutOne(Deployment.Kind kind) {
        String path = World.path();
        world.upstream.on(
                path,
                Behaviour.headOnly(200, "Content-Type: application/json\r\nContent-Length: 1234\r\n"),
                Behaviour.headOnly(204, ""),
                Behaviour.headOnly(304, "ETag: \"a\"\r\n"));
        URI uri = world.deployment(kind).forward("plain", path);

        Answer head = RawClient.exchange(uri, "HEAD", "", NOTHING);
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.header("Content-Length")).isEqualTo("1234");
        try (RawClient client = RawClient.connect(uri)) {
            assertThat(client.send("DELETE", path, "", NOTHING).answer().status())
                    .isEqualTo(204);
            Answer unmodified = client.send("GET", path, "", NOTHING).answer();
            assertThat(unmodified.status()).isEqualTo(304);
            assertThat(unmodified.header("ETag")).isEqualTo("\"a\"");
        }
    }

    @ParameterizedTest
    @KindSource
    void aSilentStreamIsKeptAliveWithComments(Deployment.Kind kind) {
        world.upstream.on(CHAT, Behaviour.fallsSilent(EVENTS.subList(0, 2)));

        RawClient client = ask(world.deployment(kind).forward("heartbeat", CHAT));
        client.head();
        assertThat(client.event(SOON).comment()).isFalse();
        assertThat(client.event(SOON).comment()).isFalse();
        Event heartbeat = client.event(Duration.ofSeconds(3));
        assertThat(heartbeat.comment()).as(heartbeat.text()).isTrue();
        UpstreamRequest request = world.upstream.awaitRequest(CHAT);
        client.reset();

        assertThat(request.awaitAborted(Duration.ofMillis(2500))).isTrue();
    }

    @ParameterizedTest
    @KindSource
    void aHeartbeatIsOneLineThatEndsNoEvent(Deployment.Kind kind) {
        String event = "id: 7\n" + DELTA.formatted(1);
        world.upstream.on(CHAT, Behaviour.fallsSilent(List.of(event)));

        String expected = event + ": heartbeat\n: heartbeat\n";
        try (RawClient client = ask(world.deployment(kind).forward("heartbeat", CHAT))) {
            client.head();
            assertThat(client.read(expected.length()))
                    .asString(StandardCharsets.US_ASCII)
                    .isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @KindSource
    void aSilentStreamOfAnthropicsIsKeptAliveWithPings(Deployment.Kind kind) {
        String event = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\"}\n\n";
        world.upstream.on(MESSAGES, Behaviour.fallsSilent(List.of(event)));

        String expected = event + "event: ping\ndata: {\"type\": \"ping\"}\n\n";
        try (RawClient client = ask(world.deployment(kind).forward("heartbeat", MESSAGES))) {
            client.head();
            assertThat(client.read(expected.length()))
                    .asString(StandardCharsets.US_ASCII)
                    .isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @KindSource
    void nothingIsPutIntoASilentStreamOfGooglesAndAClientThatLeavesTheLauncherIsNoticed(Deployment.Kind kind) {
        world.upstream.on(GENERATE, Behaviour.fallsSilent(List.of("data: {\"candidates\":[{\"index\":0}]}\r\n\r\n")));

        try (RawClient client = ask(world.deployment(kind).forward("heartbeat", GENERATE))) {
            client.head();
            client.read("data: {\"candidates\":[{\"index\":0}]}\r\n\r\n".length());
            assertThatThrownBy(() -> client.event(Duration.ofSeconds(1))).hasMessageEndingWith(", only: ");
        }
        if (kind == Deployment.Kind.LAUNCHER) {
            assertThat(world.upstream.awaitRequest(GENERATE).awaitAborted(Duration.ofSeconds(5)))
                    .isTrue();
        }
    }

    @ParameterizedTest
    @KindSource
    void aClientThatOnlyEndsItsOutputGetsTheRestOfASilentStreamOfGoogles(Deployment.Kind kind) {
        String last = "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n";
        world.upstream.on(
                GENERATE,
                Behaviour.streams(
                        Duration.ofMillis(1200),
                        List.of("data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\n\n", last)));

        try (RawClient client = ask(world.deployment(kind).forward("heartbeat", GENERATE))) {
            client.head();
            client.event(SOON);
            Answer rest = client.endOutput().answer();
            assertThat(rest.whole()).isTrue();
            assertThat(rest.text()).contains(last);
            assertThat(rest.text().replace(last, "")).isBlank();
        }
    }

    @ParameterizedTest
    @KindSource
    void aCutResponseIsToldToClientsThatRaiseErrorsAndToClientsThatReadFailures(Deployment.Kind kind) {
        String event = "data: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n";
        world.upstream.on("/v1/responses", Behaviour.closesMidStream(List.of(event)));

        try (RawClient client = ask(world.deployment(kind).forward("plain", "/v1/responses"))) {
            client.head();
            client.event(SOON);
            assertThat(client.event(SOON).text())
                    .startsWith("event: error\ndata: {\"type\":\"error\",\"error\":{")
                    .contains("\"code\":\"upstream_reset\"");
            assertThat(client.event(SOON).text())
                    .startsWith("event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{")
                    .contains("\"error\":{\"code\":\"upstream_reset\",\"message\":");
            assertThat(client.answer().text()).isEmpty();
        }
    }

    @ParameterizedTest
    @KindSource
    void aClientThatLeavesMidStreamAbortsTheUpstream(Deployment.Kind kind) {
        world.upstream.on(CHAT, Behaviour.streams(Duration.ofMillis(50), Collections.nCopies(400, DELTA.formatted(1))));

        RawClient client = ask(world.deployment(kind).forward("plain", CHAT));
        client.head();
        client.event(SOON);
        client.close();

        assertThat(world.upstream.awaitRequest(CHAT).awaitAborted(Duration.ofSeconds(1)))
                .isTrue();
    }

    @ParameterizedTest
    @KindSource
    void anHttp2ClientThatLeavesAbortsASilentUpstream(Deployment.Kind kind) {
        world.upstream.on("/hangs", Behaviour.hangs()).on(CHAT, Behaviour.fallsSilent(EVENTS.subList(0, 1)));
        URI silent = world.deployment(kind).forward("plain", CHAT);
        URI hanging = world.deployment(kind).forward("plain", "/hangs");

        try (H2Client client = H2Client.connect(silent)) {
            H2Stream stream = client.post(silent, HttpFields.build(), QUESTION);
            stream.event(SOON);
            stream.cancel();
            assertThat(world.upstream.awaitRequest(CHAT).awaitAborted(Duration.ofSeconds(1)))
                    .as("mid-stream")
                    .isTrue();
            H2Stream unanswered = client.post(hanging, HttpFields.build(), QUESTION);
            UpstreamRequest request = world.upstream.awaitRequest("/hangs");
            unanswered.cancel();
            assertThat(request.awaitAborted(Duration.ofSeconds(1)))
                    .as("before headers")
                    .isTrue();
        }
    }

    /** Whatever the gateway is doing at that moment: it may be reading the question, or asking the upstream. */
    @ParameterizedTest
    @KindSource
    void noMomentHidesThatAnHttp2ClientHasLeft(Deployment.Kind kind) {
        String path = World.path();
        world.upstream.on(path, Behaviour.hangs());
        URI hanging = world.deployment(kind).forward("plain", path);

        byte[] question = ("{\"messages\":[{\"role\":\"user\",\"content\":\"" + "a".repeat(30_000)
                        + "\"}],\"model\":\"m\"}")
                .getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 40; i++) {
            try (H2Client client = H2Client.connect(hanging)) {
                H2Stream stream = client.post(hanging, HttpFields.build(), question);
                LockSupport.parkNanos(i * 100_000L);
                stream.cancel();
                Awaitility.await()
                        .pollDelay(Duration.ofMillis(50))
                        .until(() -> world.upstream.requests(path).stream()
                                .allMatch(request -> request.awaitAborted(Duration.ZERO)));
            }
        }
        assertThat(world.upstream.requests(path)).isNotEmpty();
    }

    @ParameterizedTest
    @KindSource
    void aSlowReaderHoldsTheUpstreamBack(Deployment.Kind kind) {
        int size = 64 << 20;
        String path = World.path();
        world.upstream.on(path, Behaviour.floods(size));
        Deployment deployment = world.deployment(kind);
        URI uri = deployment.forward("plain", path);
        long before = deployment.process().residentBytes();

        try (RawClient client = RawClient.connect(uri, 65536).send("GET", path, "", NOTHING)) {
            client.head();
            UpstreamRequest request = world.upstream.awaitRequest(path);
            assertThat(request.awaitAborted(Duration.ofMillis(1500))).isFalse();
            assertThat(request.sent()).isLessThan(24 << 20);
            assertThat(deployment.process().residentBytes() - before).isLessThan(48 << 20);
            Answer answer = client.answer();
            assertThat(answer.whole()).isTrue();
            assertThat(answer.body()).hasSize(size);
        }
    }

    @ParameterizedTest
    @KindSource
    void aCutNeverLooksLikeAnEnd(Deployment.Kind kind) {
        List<String> begun = EVENTS.subList(0, 2);
        world.upstream.on(CHAT, Behaviour.resetsMidStream(begun), Behaviour.closesMidStream(begun));
        world.upstream.on("/body", Behaviour.statesTooMuch("{\"half\":"));
        Deployment deployment = world.deployment(kind);

        for (int i = 0; i < 2; i++) {
            try (RawClient client = ask(deployment.forward("plain", CHAT))) {
                String text = client.answer().text();
                assertThat(text)
                        .startsWith(String.join("", begun))
                        .contains("\"error\"")
                        .doesNotContain("[DONE]");
            }
        }
        Answer half = RawClient.exchange(deployment.forward("plain", "/body"), "GET", "", NOTHING);
        assertThat(half.status() == 502 || !half.whole()).as(half.toString()).isTrue();
    }

    @ParameterizedTest
    @KindSource
    void aStreamThatStopsShortOfItsEndIsACutEvenIfItClosesCleanly(Deployment.Kind kind) {
        world.upstream.on(CHAT, Behaviour.streams(Duration.ZERO, EVENTS.subList(0, 2)));
        world.upstream.on(
                "/v1/messages",
                Behaviour.streams(
                        Duration.ZERO,
                        List.of("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
                                + "\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n")));
        Deployment deployment = world.deployment(kind);

        try (RawClient client = ask(deployment.forward("plain", CHAT))) {
            assertThat(client.answer().text()).contains("\"error\"").doesNotContain("[DONE]");
        }
        try (RawClient client = ask(deployment.forward("plain", MESSAGES))) {
            assertThat(client.answer().text()).contains("event: error").doesNotContain("message_stop");
        }
    }

    @ParameterizedTest
    @KindSource
    void aStreamIsCutUntilEachOfItsChoicesHasFinished(Deployment.Kind kind) {
        URI uri = world.deployment(kind).forward("plain", CHAT);
        String second = "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"}}]}\n\n";
        List<List<String>> cuts = List.of(
                List.of(DELTA.formatted(1), second, STOP),
                List.of(DELTA.formatted(1), DELTA.formatted(2).replace("null", "\"\"")),
                List.of(DELTA.formatted(1), STOP));
        for (List<String> cut : cuts) {
            world.upstream.on(CHAT, Behaviour.streams(Duration.ZERO, cut));
            byte[] question = "{\"model\":\"m\",\"stream\":true,\"n\":2}".getBytes(StandardCharsets.UTF_8);
            Answer answer = RawClient.exchange(uri, "POST", "Content-Type: application/json\r\n", question);
            assertThat(answer.text()).startsWith(String.join("", cut)).contains("\"upstream_reset\"");
        }
        List<String> whole = List.of(DELTA.formatted(1), second, STOP, STOP.replace("\"index\":0", "\"index\":1"));
        world.upstream.on(CHAT, Behaviour.streams(Duration.ZERO, whole));
        try (RawClient client = ask(uri)) {
            assertThat(client.answer().text()).isEqualTo(String.join("", whole));
        }
    }

    @ParameterizedTest
    @KindSource
    void aStreamIsCutUntilEachAskedAnswerHasCome(Deployment.Kind kind) {
        Deployment deployment = world.deployment(kind);
        String gemini = "/v1beta/models/g:streamGenerateContent";
        String candidate = "data: {\"candidates\":[{\"index\":%d,\"finishReason\":\"STOP\"}]}\n\n";
        asksForTwo(deployment.forward("plain", gemini), candidate, "{\"generationConfig\":{\"candidateCount\":2}}");
        String choice = "data: {\"choices\":[{\"index\":%d,\"text\":\"a\",\"finish_reason\":\"stop\"}]}\n\n";
        asksForTwo(
                deployment.forward("plain", "/v1/completions"),
                choice,
                "{\"model\":\"m\",\"stream\":true,\"prompt\":[\"a\",\"b\"]}");
    }

    private void asksForTwo(URI uri, String last, String question) {
        byte[] body = question.getBytes(StandardCharsets.UTF_8);
        List<String> whole = List.of(last.formatted(0), last.formatted(1));
        world.upstream.on(uri.getPath(), Behaviour.streams(Duration.ZERO, whole.subList(0, 1)));
        Answer cut = RawClient.exchange(uri, "POST", "Content-Type: application/json\r\n", body);
        assertThat(cut.text()).startsWith(whole.get(0)).contains("\"error\"");
        world.upstream.on(uri.getPath(), Behaviour.streams(Duration.ZERO, whole));
        assertThat(RawClient.exchange(uri, "POST", "Content-Type: application/json\r\n", body)
                        .text())
                .isEqualTo(String.join("", whole));
    }

    @ParameterizedTest
    @KindSource
    void linesOfJsonAreCutUntilTheLastOneHasCome(Deployment.Kind kind) {
        String begin = "{\"message\":{\"content\":\"a\"},\"done\":false}\n";
        String last = "{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"}\n";
        URI uri = world.deployment(kind).forward("plain", "/api/chat");
        world.upstream.on("/api/chat", lines(begin + begin), lines(begin + last), lines(begin + "{\"error\":\"x\"}\n"));

        Answer cut = RawClient.exchange(uri, "POST", "", NOTHING);
        assertThat(cut.text()).isEqualTo(begin + begin);
        assertThat(cut.whole()).isFalse();
        for (int i = 0; i < 2; i++) {
            Answer whole = RawClient.exchange(uri, "POST", "", NOTHING);
            assertThat(whole.text()).startsWith(begin);
            assertThat(whole.whole()).isTrue();
        }
    }

    private static Behaviour lines(String lines) {
        return Behaviour.raw(
                "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + Integer.toHexString(lines.length()) + "\r\n" + lines + "\r\n0\r\n\r\n");
    }

    @ParameterizedTest
    @KindSource
    void aStreamOfCoheresIsCutUntilItsLastEventHasCome(Deployment.Kind kind) {
        String begin = "event: message-start\ndata: {\"type\":\"message-start\",\"id\":\"1\"}\n\n";
        String last =
                "event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\"}}\n\n";
        URI uri = world.deployment(kind).forward("plain", "/v2/chat");
        world.upstream.on("/v2/chat", Behaviour.streams(Duration.ZERO, List.of(begin)));
        assertThat(RawClient.exchange(uri, "POST", "", NOTHING).text())
                .startsWith(begin)
                .contains("\"error\"");
        world.upstream.on("/v2/chat", Behaviour.streams(Duration.ZERO, List.of(begin, last)));
        assertThat(RawClient.exchange(uri, "POST", "", NOTHING).text()).isEqualTo(begin + last);
    }

    @ParameterizedTest
    @KindSource
    void whatAServerSaysLastInItsOwnWordsStaysTheLast(Deployment.Kind kind) {
        List<String> lastWords = List.of(
                "data: {\"index\":0,\"content\":\"\",\"stop\":true}\n\n",
                "data:{\"error\":\"Request failed during generation\",\"error_type\":\"generation\"}\n\n",
                "event: error\ndata: {\"message\":\"context too long\",\"code\":400}\n\n",
                "data: {\"detail\":\"maximum context length is 4096 tokens\"}\n\n",
                "error: {\"code\":500,\"message\":\"x\"}\n\n");
        URI uri = world.deployment(kind).forward("plain", "/completions");
        for (String last : lastWords) {
            String begin = "data: {\"index\":0,\"content\":\"hi\",\"stop\":false}\n\n";
            world.upstream.on("/completions", Behaviour.streams(Duration.ZERO, List.of(begin, last)));
            try (RawClient client = ask(uri)) {
                assertThat(client.answer().text()).isEqualTo(begin + last);
            }
        }
    }

    @ParameterizedTest
    @KindSource
    void plainJsonThatIsCalledAnEventStreamReachesTheClient(Deployment.Kind kind) {
        URI uri = world.deployment(kind).forward("plain", CHAT);
        for (String json : List.of(
                "{\"error\":{\"message\":\"The prompt is too long\",\"code\":\"context_length_exceeded\"}}",
                "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}",
                "{\n  \"error\": {\n    \"message\": \"m\"\n  }\n}\n")) {
            world.upstream.on(CHAT, Behaviour.streams(Duration.ZERO, List.of(json)));
            try (RawClient client = ask(uri)) {
                Answer answer = client.answer();
                assertThat(answer.text()).isEqualTo(json);
                assertThat(answer.whole()).isTrue();
            }
        }
        String half = "{\n  \"error\": {\n    \"mess";
        world.upstream.on(CHAT, Behaviour.streams(Duration.ZERO, List.of(half)));
        try (RawClient client = ask(uri)) {
            Answer cut = client.answer();
            assertThat(cut.whole()).isFalse();
            assertThat(cut.text()).isEqualTo(half);
        }
    }

    @ParameterizedTest
    @KindSource
    void aStreamThatStallsEndsWithAnError(Deployment.Kind kind) {
        world.upstream.on(CHAT, Behaviour.fallsSilent(EVENTS.subList(0, 2)));

        try (RawClient client = ask(world.deployment(kind).forward("hasty", CHAT))) {
            Answer answer = client.answer();
            assertThat(answer.text()).contains("\"error\"").doesNotContain("[DONE]");
        }
        assertThat(world.upstream.awaitRequest(CHAT).awaitAborted(Duration.ofSeconds(1)))
                .isTrue();
    }
}
