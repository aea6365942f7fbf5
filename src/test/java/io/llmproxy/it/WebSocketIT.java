package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.Head;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.LedgerLines;
import io.llmproxy.testing.WebSocketPeer;
import io.llmproxy.testing.WebSocketPeer.Frame;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * Sessions of WebSocket pass, with all that holds for requests, and end as each side ends them; {@code -Dllmproxy.sessions=1000} for
 * more of them at once.
 */
class WebSocketIT {
    private static final String PATH = "/v1/realtime?model=gpt-realtime";
    private static final String KEY = "sk-of-a-client";
    private static final String BEARER = "Authorization: Bearer " + KEY + "\r\n";
    private static final Behaviour ECHO = Behaviour.webSocket("", WebSocketPeer::echo);
    private static final int SESSIONS = Integer.getInteger("llmproxy.sessions", 200);
    private static final int LARGE = 1 << 20;
    /** How a JVM ends that a signal has ended. */
    private static final int SIGTERM = 128 + 15;

    private static final FakeUpstream FIRST = FakeUpstream.start();
    private static final FakeUpstream SECOND = FakeUpstream.start();
    private static final Map<Deployment.Kind, Deployment> DEPLOYMENTS = new EnumMap<>(Deployment.Kind.class);

    private static Gateway gateway() {
        String key = "keys: [{name: c, key: %s}, {name: single, key: sk-single, max_concurrent: 1}, %s]"
                .formatted(KEY, "{name: confined, key: sk-confined, allowed_models: [gpt-realtime]}");
        return new Gateway()
                .upstream("open", FIRST.url(), "")
                .upstream("first", FIRST.url(), "auth: {type: bearer, token: sk-of-the-gateway}")
                .upstream("second", SECOND.url(), "auth: {type: bearer, token: sk-of-the-gateway}")
                .upstream("renaming", FIRST.url(), "models: {gpt-realtime: gpt-realtime-2025}")
                .group("open", "{name: open}", "")
                .group("keyed", "{name: first}", "")
                .group("two", "{name: first}, {name: second}", "balance: {strategy: failover}")
                .group("renaming", "{name: renaming}", "")
                .forward("open", "open", "")
                .forward("keyed", "keyed", key)
                .forward("two", "two", "")
                .forward("renaming", "renaming", key)
                .group("spread", "{name: first}, {name: second}", "balance: {strategy: roundrobin}")
                .forward("spread", "spread", "")
                .forward("paged", "open", "cors: {origins: ['https://app.example.com']}")
                .forward("small", "open", "websocket: {max_message_size: 1KiB}")
                .forward("impatient", "open", "websocket: {idle_timeout: 200ms}, timeout: {write: 500ms}")
                .forward("without", "open", "websocket: {enabled: false}, keys: [{name: c, key: %s}]".formatted(KEY));
    }

    private static Deployment deployment(Deployment.Kind kind) {
        return DEPLOYMENTS.computeIfAbsent(kind, missing -> Deployment.start(missing, gateway(), "-Xmx128m"));
    }

    private static URI at(Deployment.Kind kind, String forward) {
        return deployment(kind).forward(forward, PATH);
    }

    @BeforeEach
    void forgetEarlierSessions() {
        for (FakeUpstream upstream : List.of(FIRST, SECOND)) {
            upstream.reset();
            upstream.otherwise(ECHO);
        }
    }

    @AfterAll
    static void stop() {
        DEPLOYMENTS.values().forEach(Deployment::close);
    }

    @ParameterizedTest
    @KindSource
    void messagesPassBothWays(Deployment.Kind kind) {
        FIRST.otherwise(
                Behaviour.webSocket("Sec-WebSocket-Protocol: realtime\r\nX-Of-Upstream: 1\r\n", WebSocketPeer::echo));
        String offered = "Sec-WebSocket-Protocol: realtime\r\nSec-WebSocket-Extensions: permessage-deflate\r\n";
        try (WebSocketPeer client = WebSocketPeer.open(
                at(kind, "open"), offered + "X-Of-Client: 1\r\nContent-Type: application/json\r\n")) {
            assertThat(client.head().value("Sec-WebSocket-Protocol")).hasValue("realtime");
            assertThat(client.head().value("X-Of-Upstream")).hasValue("1");
            assertThat(client.head().has("Sec-WebSocket-Extensions")).isFalse();
            assertThat(client.head().has("X-Request-Id")).isTrue();

            assertThat(client.text("Grüße").message().text()).isEqualTo("Grüße");
            byte[] large = new byte[LARGE];
            new Random(1).nextBytes(large);
            client.send(WebSocketPeer.BINARY, true, large);
            Frame echoed = client.message();
            assertThat(echoed.opcode()).isEqualTo(WebSocketPeer.BINARY);
            assertThat(echoed.payload()).isEqualTo(large);

            byte[] text = "in pieces: \u20ac".getBytes(StandardCharsets.UTF_8);
            client.send(WebSocketPeer.TEXT, false, Arrays.copyOf(text, 12));
            client.send(WebSocketPeer.PING, true, new byte[] {7});
            client.send(WebSocketPeer.CONTINUATION, false, Arrays.copyOfRange(text, 12, 13));
            client.send(WebSocketPeer.CONTINUATION, true, Arrays.copyOfRange(text, 13, text.length));
            Frame begun = client.read();
            assertThat(begun.fin()).isFalse();
            assertThat(begun.opcode()).isEqualTo(WebSocketPeer.TEXT);
            Frame pong = client.read();
            assertThat(pong.opcode()).isEqualTo(WebSocketPeer.PONG);
            assertThat(pong.payload()).containsExactly(7);
            byte[] whole = Arrays.copyOf(begun.payload(), text.length);
            byte[] rest = client.message().payload();
            System.arraycopy(rest, 0, whole, begun.payload().length, rest.length);
            assertThat(whole).isEqualTo(text);
            assertThat(client.close(1000, "").awaitClose().code()).isEqualTo(1000);
            assertThat(client.ends()).isTrue();
        }
        Head asked = FIRST.awaitRequest("/v1/realtime").head();
        assertThat(asked.value("X-Of-Client")).hasValue("1");
        assertThat(asked.has("Sec-WebSocket-Extensions")).isFalse();
        assertThat(asked.has("Content-Length")).isFalse();
    }

    private static void awaitNoSession(Deployment.Kind kind, String forward) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> deployment(kind).metrics().sum("llmproxy_websocket_sessions", label(forward)) == 0);
    }

    private static String label(String forward) {
        return "forward=\"" + forward + '"';
    }

    @ParameterizedTest
    @KindSource
    void aSessionIsAnExchangeInFlightUntilItEnds(Deployment.Kind kind) {
        double before = deployment(kind).metrics().sum("llmproxy_websocket_messages_total", label("two"));
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "two"), "")) {
            client.text("one").message();
            client.text("two").message();
            assertThat(deployment(kind).metrics().sum("llmproxy_websocket_sessions", label("two")))
                    .isOne();
            assertThat(deployment(kind).metrics().sum("llmproxy_in_flight", label("two")))
                    .isOne();
            client.close(1000, "done").awaitClose();
        }
        awaitNoSession(kind, "two");
        assertThat(deployment(kind).metrics().sum("llmproxy_websocket_messages_total", label("two")) - before)
                .isEqualTo(4);
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(deployment(kind).log().lines())
                        .anyMatch(line -> line.contains("GET /v1/realtime forward=two")
                                && line.contains("status=101")
                                && line.contains(" bytes=6 ")
                                && line.contains("bytes_in=6 messages_in=2 messages_out=2 closed_by=client close=1000")
                                && line.contains("outcome=completed")));
    }

    @ParameterizedTest
    @KindSource
    void manySessionsAreOpenAtOnce(Deployment.Kind kind) {
        HttpClient http = HttpClient.newHttpClient();
        URI target = URI.create(at(kind, "open").toString().replace("http://", "ws://"));
        List<CompletableFuture<Client>> opening = IntStream.range(0, SESSIONS)
                .mapToObj(i -> new Client())
                .map(client -> http.newWebSocketBuilder()
                        .connectTimeout(Duration.ofSeconds(20))
                        .buildAsync(target, client)
                        .thenApply(client::opened))
                .toList();
        List<Client> clients = opening.stream().map(CompletableFuture::join).toList();

        for (int round = 0; round < 5; round++) {
            String text = "round " + round;
            clients.forEach(client -> client.send(text));
            clients.forEach(client -> assertThat(client.next()).isEqualTo(text));
        }
        assertThat(deployment(kind).metrics().sum("llmproxy_websocket_sessions", label("open")))
                .isEqualTo(SESSIONS);

        clients.forEach(Client::close);
        clients.forEach(client -> assertThat(client.next()).isEqualTo("closed 1000 bye"));
        awaitNoSession(kind, "open");
    }

    /** A client of the JDK's. */
    private static final class Client implements WebSocket.Listener {
        private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        private final StringBuilder text = new StringBuilder();
        private @Nullable WebSocket socket;

        Client opened(WebSocket session) {
            socket = session;
            return this;
        }

        void send(String message) {
            session().sendText(message, true).join();
        }

        void close() {
            session().sendClose(1000, "bye").join();
        }

        private WebSocket session() {
            return Objects.requireNonNull(socket, "opened");
        }

        String next() {
            try {
                return String.valueOf(heard.poll(20, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return "interrupted";
            }
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket session, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                heard.add(text.toString());
                text.setLength(0);
            }
            session.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket session, int code, String reason) {
            heard.add("closed " + code + " " + reason);
            return null;
        }
    }

    @ParameterizedTest
    @KindSource
    void aClientThatDoesNotReadStopsTheUpstream(Deployment.Kind kind) {
        int frames = 512;
        byte[] piece = new byte[128 * 1024];
        AtomicLong sent = new AtomicLong();
        FIRST.otherwise(Behaviour.webSocket("", upstream -> {
            for (int i = 0; i < frames; i++) {
                upstream.send(WebSocketPeer.BINARY, true, piece);
                sent.incrementAndGet();
            }
            upstream.close(1000, "all").awaitClose();
        }));
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "open"), "", 64 * 1024)) {
            AtomicLong last = new AtomicLong(-1);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> sent.get() > 0 && last.getAndSet(sent.get()) == sent.get());
            assertThat(sent.get()).as("frames of 128 KiB under way").isLessThan(frames / 2);

            for (int i = 0; i < frames; i++) {
                assertThat(client.message().payload()).hasSize(piece.length);
            }
            Frame close = client.awaitClose();
            assertThat(close.code()).isEqualTo(1000);
            assertThat(close.reason()).isEqualTo("all");
            client.close(1000, "");
        }
    }

    @ParameterizedTest
    @KindSource
    void anUpstreamThatDoesNotReadStopsTheClient(Deployment.Kind kind) {
        int frames = 256;
        CompletableFuture<Void> leave = new CompletableFuture<>();
        AtomicLong heard = new AtomicLong();
        FIRST.otherwise(Behaviour.webSocket("", upstream -> {
            leave.join();
            for (int i = 0; i < frames; i++) {
                heard.addAndGet(upstream.message().payload().length);
            }
            upstream.close(1000, "").awaitClose();
        }));
        byte[] piece = new byte[128 * 1024];
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "open"), "")) {
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < frames; i++) {
                    client.send(WebSocketPeer.BINARY, true, piece);
                    sent.incrementAndGet();
                }
            });
            AtomicLong last = new AtomicLong(-1);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> sent.get() > 0 && last.getAndSet(sent.get()) == sent.get());
            assertThat(sent.get()).as("frames of 128 KiB under way").isLessThan(frames);
            leave.complete(null);
            sending.join();
            client.awaitClose();
            assertThat(heard.get()).isEqualTo((long) frames * piece.length);
            client.close(1000, "");
        }
    }

    @ParameterizedTest
    @KindSource
    void aCloseGoesToTheOtherSide(Deployment.Kind kind) {
        ConcurrentLinkedQueue<Frame> heard = new ConcurrentLinkedQueue<>();
        FIRST.otherwise(Behaviour.webSocket("", upstream -> {
            Frame close = upstream.awaitClose();
            heard.add(close);
            upstream.send(WebSocketPeer.CLOSE, true, close.payload());
        }));
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "open"), "")) {
            client.close(4001, "no more").awaitClose();
        }
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "open"), "")) {
            client.send(WebSocketPeer.CLOSE, true, new byte[0]);
            assertThat(client.awaitClose().code()).isEqualTo(1005);
        }
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> heard.size() == 2);
        assertThat(heard.poll()).satisfies(close -> {
            assertThat(close.code()).isEqualTo(4001);
            assertThat(close.reason()).isEqualTo("no more");
        });
        assertThat(heard.poll().code()).isEqualTo(1005);

        FIRST.otherwise(Behaviour.webSocket(
                "", upstream -> upstream.text("last").close(3000, "limit").awaitClose()));
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "open"), "")) {
            assertThat(client.message().text()).isEqualTo("last");
            Frame close = client.awaitClose();
            assertThat(close.code()).isEqualTo(3000);
            assertThat(close.reason()).isEqualTo("limit");
            client.close(3000, "");
            assertThat(client.ends()).isTrue();
        }
    }

    @ParameterizedTest
    @KindSource
    void aSideThatIsCutOffClosesTheOther(Deployment.Kind kind) {
        CompletableFuture<Frame> heard = new CompletableFuture<>();
        FIRST.otherwise(Behaviour.webSocket("", upstream -> {
            upstream.text("ready");
            heard.complete(upstream.awaitClose());
        }));
        WebSocketPeer client = WebSocketPeer.open(at(kind, "open"), "");
        client.message();
        client.reset();
        assertThat(heard.orTimeout(10, TimeUnit.SECONDS).join().code()).isEqualTo(1001);

        FIRST.otherwise(Behaviour.webSocket("", upstream -> {
            upstream.text("ready").read();
            upstream.reset();
        }));
        try (WebSocketPeer other = WebSocketPeer.open(at(kind, "open"), "")) {
            other.message();
            other.text("go");
            assertThat(other.awaitClose().code()).isEqualTo(1011);
            other.close(1011, "");
        }
        awaitNoSession(kind, "open");
    }

    @ParameterizedTest
    @KindSource
    void whatIsMalformedClosesTheSessionWithItsCode(Deployment.Kind kind) {
        assertThat(closedAfter(kind, WebSocketPeer.frame(WebSocketPeer.TEXT, true, new byte[] {65}, false)))
                .as("not masked")
                .isEqualTo(1002);
        assertThat(closedAfter(kind, WebSocketPeer.frame(WebSocketPeer.CONTINUATION, true, new byte[] {65}, true)))
                .as("nothing to continue")
                .isEqualTo(1002);
        assertThat(closedAfter(kind, WebSocketPeer.frame(3, true, new byte[] {65}, true)))
                .as("reserved opcode")
                .isEqualTo(1002);
        assertThat(closedAfter(kind, WebSocketPeer.frame(0x41, true, new byte[] {65}, true)))
                .as("compressed, though that was not agreed")
                .isEqualTo(1002);
        assertThat(closedAfter(kind, WebSocketPeer.frame(WebSocketPeer.PING, true, new byte[126], true)))
                .as("a long ping")
                .isEqualTo(1002);
        assertThat(closedAfter(kind, WebSocketPeer.frame(WebSocketPeer.TEXT, true, new byte[] {(byte) 0xC3, 40}, true)))
                .as("not UTF-8")
                .isEqualTo(1007);
        assertThat(closedAfter(kind, WebSocketPeer.frame(WebSocketPeer.BINARY, true, new byte[1025], true)))
                .as("too large")
                .isEqualTo(1009);
        awaitNoSession(kind, "small");
    }

    private static int closedAfter(Deployment.Kind kind, byte[] frame) {
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "small"), "")) {
            return client.sendBytes(frame).awaitClose().code();
        }
    }

    @ParameterizedTest
    @KindSource
    void silenceAndSlownessEndASession(Deployment.Kind kind) {
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "impatient"), "")) {
            assertThat(client.awaitClose().code()).isEqualTo(1001);
        }
        byte[] piece = new byte[1 << 20];
        FIRST.otherwise(Behaviour.webSocket("", upstream -> {
            while (true) {
                upstream.send(WebSocketPeer.BINARY, true, piece);
            }
        }));
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "impatient"), "", 4096)) {
            assertThat(client.head().status()).isEqualTo(101);
            awaitNoSession(kind, "impatient");
        }
    }

    @ParameterizedTest
    @KindSource
    void aKeyIsAskedForBeforeTheUpgrade(Deployment.Kind kind) {
        Answer refused = WebSocketPeer.ask(at(kind, "keyed"), "");
        assertThat(refused.status()).isEqualTo(401);
        assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("invalid_api_key");
        assertThat(refused.text()).contains("\"error\"");
        assertThat(WebSocketPeer.ask(at(kind, "keyed"), "Authorization: Bearer sk-wrong\r\n")
                        .status())
                .isEqualTo(401);
        assertThat(FIRST.requests()).isEmpty();

        FIRST.otherwise(Behaviour.webSocket("Sec-WebSocket-Protocol: realtime\r\n", WebSocketPeer::echo));
        String page =
                "Sec-WebSocket-Protocol: realtime, openai-insecure-api-key." + KEY + ", openai-beta.realtime-v1\r\n";
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "keyed"), page)) {
            assertThat(client.head().value("Sec-WebSocket-Protocol")).hasValue("realtime");
            assertThat(client.text("hello").message().text()).isEqualTo("hello");
        }
        Head asked = FIRST.awaitRequest("/v1/realtime").head();
        assertThat(asked.value("Sec-WebSocket-Protocol")).hasValue("realtime, openai-beta.realtime-v1");
        assertThat(asked.value("Authorization")).hasValue("Bearer sk-of-the-gateway");
        assertThat(asked.toString()).doesNotContain(KEY);

        FIRST.otherwise(ECHO);
        String live = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
        try (WebSocketPeer client = WebSocketPeer.open(deployment(kind).forward("keyed", live + "?key=" + KEY), "")) {
            assertThat(client.text("{}").message().text()).isEqualTo("{}");
        }
        assertThat(FIRST.awaitRequest(live).head().toString()).doesNotContain(KEY);
    }

    @ParameterizedTest
    @KindSource
    void aSessionCountsAmongTheRequestsOfItsKey(Deployment.Kind kind) {
        String single = "Authorization: Bearer sk-single\r\n";
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "keyed"), single)) {
            Answer refused = WebSocketPeer.ask(at(kind, "keyed"), single);
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("key_concurrency_exceeded");
            client.close(1000, "").awaitClose();
        }
        awaitNoSession(kind, "keyed");
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "keyed"), single)) {
            assertThat(client.text("again").message().text()).isEqualTo("again");
        }
    }

    @ParameterizedTest
    @KindSource
    void anotherUpstreamTakesASessionThatTheFirstRefuses(Deployment.Kind kind) {
        FIRST.otherwise(Behaviour.status(503, "", "{}"));
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "two"), "")) {
            assertThat(client.text("second").message().text()).isEqualTo("second");
        }
        assertThat(FIRST.requests()).hasSize(1);

        FIRST.otherwise(Behaviour.json("{}"));
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "two"), "")) {
            assertThat(client.text("no WebSocket").message().text()).isEqualTo("no WebSocket");
        }
        String forged =
                "HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n";
        FIRST.otherwise(Behaviour.raw(forged));
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "two"), "")) {
            assertThat(client.text("forged").message().text()).isEqualTo("forged");
        }

        FIRST.otherwise(Behaviour.status(404, "X-Of-Upstream: 1\r\n", "{\"error\":{\"message\":\"no model\"}}"));
        Answer passed = WebSocketPeer.ask(at(kind, "two"), "");
        assertThat(passed.status()).isEqualTo(404);
        assertThat(passed.header("X-Of-Upstream")).isEqualTo("1");
        assertThat(passed.text()).contains("no model");
    }

    @ParameterizedTest
    @KindSource
    void sessionsOfResponsesAreSpreadOverTheUpstreams(Deployment.Kind kind) {
        URI responses = deployment(kind).forward("spread", "/v1/responses");
        for (int session = 0; session < 4; session++) {
            try (WebSocketPeer client = WebSocketPeer.open(responses, "")) {
                assertThat(client.text("hi").message().text()).isEqualTo("hi");
            }
        }
        assertThat(FIRST.requests()).hasSize(2);
        assertThat(SECOND.requests()).hasSize(2);
    }

    @ParameterizedTest
    @KindSource
    void aPageWithoutAKeyNeedsAnOriginThatIsAllowed(Deployment.Kind kind) {
        for (String forward : List.of("open", "paged")) {
            Answer refused = WebSocketPeer.ask(at(kind, forward), "Origin: https://evil.example\r\n");
            assertThat(refused.status()).as(forward).isEqualTo(403);
            assertThat(refused.header("X-LLMProxy-Error")).as(forward).isEqualTo("origin_not_allowed");
        }
        assertThat(FIRST.requests()).isEmpty();
        String foreign = BEARER + "Origin: https://evil.example\r\n";
        String allowed = "Origin: https://app.example.com\r\n";
        try (WebSocketPeer keyed = WebSocketPeer.open(at(kind, "keyed"), foreign);
                WebSocketPeer page = WebSocketPeer.open(at(kind, "paged"), allowed)) {
            assertThat(keyed.text("key").message().text()).isEqualTo("key");
            assertThat(page.text("page").message().text()).isEqualTo("page");
        }
    }

    @ParameterizedTest
    @KindSource
    void theModelOfTheQueryDecides(Deployment.Kind kind) {
        try (WebSocketPeer client = WebSocketPeer.open(at(kind, "renaming"), BEARER)) {
            assertThat(client.text("hi").message().text()).isEqualTo("hi");
        }
        assertThat(FIRST.awaitRequest("/v1/realtime").head().target())
                .isEqualTo("/v1/realtime?model=gpt-realtime-2025");

        URI other = deployment(kind).forward("renaming", "/v1/realtime?model=another");
        assertThat(WebSocketPeer.ask(other, BEARER).status()).isEqualTo(404);
        String confined = "Authorization: Bearer sk-confined\r\n";
        assertThat(WebSocketPeer.ask(other, confined).status()).isEqualTo(403);
        URI twice = deployment(kind).forward("renaming", PATH + "&model=another");
        assertThat(WebSocketPeer.ask(twice, confined).status()).isEqualTo(400);
        for (String path : List.of("/v1/realtime", "/v1/other", "/v1/responses?model=gpt-realtime")) {
            Answer refused = WebSocketPeer.ask(deployment(kind).forward("renaming", path), confined);
            assertThat(refused.status()).as(path).isEqualTo(403);
            assertThat(refused.header("X-LLMProxy-Error")).as(path).isEqualTo("model_not_allowed");
        }
        assertThat(FIRST.requests()).hasSize(1);
    }

    @ParameterizedTest
    @KindSource
    void whatTheAnswersTookIsInTheLedger(Deployment.Kind kind, @TempDir Path directory) throws IOException {
        String done =
                "{\"type\":\"response.done\",\"response\":{\"usage\":{\"input_tokens\":%d,\"output_tokens\":%d}}}";
        FIRST.otherwise(Behaviour.webSocket(
                "",
                upstream -> upstream.text("{\"type\":\"session.created\"}")
                        .text(done.formatted(10, 20))
                        .text(done.formatted(3, 4))
                        .close(1000, "")
                        .awaitClose()));
        Path ledger = directory.resolve("ledger");
        // Both answers together would be as dear as a large one.
        Path prices = Files.writeString(directory.resolve("prices.yaml"), """
                version: "1"
                currency: USD
                models:
                  - model: gpt-realtime-2025
                    per_million: {input: "1", output: "1"}
                    above: [{input_tokens: 12, per_million: {input: "1000", output: "1000"}}]
                    per: {request: "0.5"}
                """);
        Gateway gateway = new Gateway()
                .single("open", FIRST.url(), "models: {gpt-realtime: gpt-realtime-2025}", "", "")
                .top("prices: \"%s\"".formatted(prices))
                .top("ledger: {directory: \"%s\"}".formatted(ledger));
        try (Deployment counting = Deployment.start(kind, gateway)) {
            try (WebSocketPeer client =
                    WebSocketPeer.open(counting.forward("open", PATH), "X-Request-Id: session-1\r\n")) {
                client.awaitClose();
                client.close(1000, "");
            }
            JsonNode attempt = new LedgerLines(ledger).attempts("session-1").get(0);
            assertThat(attempt.path("usage").path("input_tokens").asInt()).isEqualTo(13);
            assertThat(attempt.path("usage").path("output_tokens").asInt()).isEqualTo(24);
            assertThat(attempt.path("status").asInt()).isEqualTo(101);
            assertThat(attempt.path("cost").asText()).isEqualTo("1.000037000000");
            // Lines of the log are written by a thread of their own.
            Awaitility.await()
                    .untilAsserted(() -> assertThat(counting.log().lines())
                            .anyMatch(line -> line.contains("tokens_in=13 tokens_out=24")
                                    && line.contains("closed_by=upstream")));
        }
    }

    @ParameterizedTest
    @KindSource
    void whatTheAnswersTookIsHeldAgainstLimits(Deployment.Kind kind) {
        String done =
                "{\"type\":\"response.done\",\"response\":{\"usage\":{\"input_tokens\":%d,\"output_tokens\":%d}}}";
        String large = done.formatted(1500, 1000);
        FIRST.otherwise(Behaviour.webSocket("", upstream -> {
            upstream.message();
            upstream.text(done.formatted(10, 20));
            upstream.message();
            upstream.text(large).awaitClose();
        }));
        String limited = "keys: [%s, %s, %s]"
                .formatted(
                        "{name: q, key: sk-quiet-0001, limits: [{metric: output, per: total, amount: 1000}]}",
                        "{name: t, key: sk-tokens-0001, limits: [{metric: total, per: hour, amount: 2000}]}",
                        "{name: m, key: sk-models-0001, limits: [{metric: requests, per: day, amount: 5, models: [gpt-*]}]}");
        Gateway gateway = new Gateway().single("open", FIRST.url(), "", "", limited);
        String tokens = "Authorization: Bearer sk-tokens-0001\r\n";
        String models = "Authorization: Bearer sk-models-0001\r\n";
        try (Deployment limiting = Deployment.start(kind, gateway)) {
            URI realtime = limiting.forward("open", PATH);
            try (WebSocketPeer client = WebSocketPeer.open(realtime, tokens)) {
                assertThat(client.text("{}").message().text()).contains("20");
                // The answer that goes beyond the limit comes whole; then it is over.
                assertThat(client.text("{}").message().text()).isEqualTo(large);
                assertThat(client.awaitClose().code()).isEqualTo(1008);
                client.close(1008, "");
            }
            Answer next = WebSocketPeer.ask(realtime, tokens);
            assertThat(next.status()).isEqualTo(429);
            assertThat(next.header("X-LLMProxy-Error")).isEqualTo("limit_exceeded");
            assertThat(next.text()).contains("The limit of the API key 't' is reached: 2000 tokens per hour.");

            // Which model these sessions use is not said before.
            assertThat(WebSocketPeer.ask(limiting.forward("open", "/v1/responses?model=cheap"), models)
                            .status())
                    .isEqualTo(403);
            assertThat(WebSocketPeer.ask(limiting.forward("open", "/v1/realtime"), models)
                            .status())
                    .isEqualTo(403);
            try (WebSocketPeer client = WebSocketPeer.open(realtime, models)) {
                client.close(1000, "");
            }
            whatNoAnswerTookIsNotHeldAgainstThem(limiting, realtime);
        }
    }

    private static void whatNoAnswerTookIsNotHeldAgainstThem(Deployment limiting, URI realtime) {
        FIRST.otherwise(Behaviour.webSocket(
                "", upstream -> upstream.text("{\"type\":\"session.created\"}").awaitClose()));
        try (WebSocketPeer client = WebSocketPeer.open(realtime, "Authorization: Bearer sk-quiet-0001\r\n")) {
            client.message();
            assertThat(limiting.metrics().sum("llmproxy_limit_remaining", "metric=\"output\""))
                    .isZero();
            client.close(1000, "");
        }
        Awaitility.await().until(() -> limiting.metrics().sum("llmproxy_limit_remaining", "metric=\"output\"") == 1000);
    }

    @ParameterizedTest
    @KindSource
    void whatIsNoHandshakeIsRefusedOrAPlainRequest(Deployment.Kind kind) {
        URI target = at(kind, "open");
        assertThat(WebSocketPeer.ask(target, "Content-Length: 1\r\n").status()).isEqualTo(400);
        Answer old = WebSocketPeer.ask(target, "Sec-WebSocket-Version: 8\r\n");
        assertThat(old.status()).isEqualTo(400);
        assertThat(old.header("Sec-WebSocket-Version")).isEqualTo("13");
        assertThat(FIRST.requests()).isEmpty();

        FIRST.otherwise(Behaviour.json("{}"));
        String key = "Sec-WebSocket-Protocol: realtime, openai-insecure-api-key." + KEY + "\r\n";
        assertThat(WebSocketPeer.ask(at(kind, "without"), key).status()).isEqualTo(200);
        Head plain = FIRST.awaitRequest("/v1/realtime").head();
        assertThat(plain.has("Upgrade")).isFalse();
        assertThat(plain.toString()).doesNotContain(KEY);
    }

    @ParameterizedTest
    @KindSource
    void aDrainWaitsForSessionsAndThenClosesThem(Deployment.Kind kind) {
        Gateway gateway = new Gateway().single("open", FIRST.url(), "", "", "").server("shutdown_timeout: 2s");
        try (Deployment stopping = Deployment.start(kind, gateway)) {
            WebSocketPeer leaving = WebSocketPeer.open(stopping.forward("open", PATH), "");
            try (WebSocketPeer staying = WebSocketPeer.open(stopping.forward("open", PATH), "")) {
                staying.text("before").message();
                stopping.process().terminate();
                assertThat(leaving.text("meanwhile").message().text()).isEqualTo("meanwhile");
                assertThat(leaving.close(1000, "").awaitClose().code()).isEqualTo(1000);

                assertThat(staying.awaitClose().code()).isEqualTo(1001);
                staying.close(1001, "");
                assertThat(stopping.process().exitCode(Duration.ofSeconds(20)))
                        .isEqualTo(kind == Deployment.Kind.LAUNCHER ? 0 : SIGTERM);
            }
        }
    }
}
