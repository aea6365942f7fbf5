package io.llmproxy.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.WebSocketPeer;
import io.llmproxy.testing.WebSocketPeer.Frame;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;

/** A client that may use certain models only is held to them in sessions whose messages name the models. */
class SessionModelsIT {
    private static final String RESPONSES = "/v1/responses";
    private static final String LIVE = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
    private static final String CONFINED = "Authorization: Bearer sk-confined-0001\r\n";
    private static final String FREE = "Authorization: Bearer sk-anything-0001\r\n";
    private static final String CREATE = "{\"type\":\"response.create\",\"input\":\"hi\",\"model\":\"%s\"}";
    private static final int LARGE = 2 << 20;

    private static final FakeUpstream UPSTREAM = FakeUpstream.start();
    private static final Map<Deployment.Kind, Deployment> DEPLOYMENTS = new EnumMap<>(Deployment.Kind.class);
    /** What came to the upstream: the frames of all sessions, up to and with each close. */
    private static final BlockingQueue<Frame> HEARD = new LinkedBlockingQueue<>();

    private static Deployment deployment(Deployment.Kind kind) {
        String keys = "keys: [%s, %s]"
                .formatted(
                        "{name: confined, key: sk-confined-0001, allowed_models: [gpt-small, gemini-live]}",
                        "{name: free, key: sk-anything-0001}");
        return DEPLOYMENTS.computeIfAbsent(
                kind,
                missing -> Deployment.start(
                        missing, new Gateway().single("keyed", UPSTREAM.url(), "", "", keys), "-Xmx128m"));
    }

    @BeforeEach
    void echo() {
        HEARD.clear();
        UPSTREAM.reset();
        UPSTREAM.otherwise(Behaviour.webSocket("", SessionModelsIT::listen));
    }

    @AfterAll
    static void stop() {
        DEPLOYMENTS.values().forEach(Deployment::close);
        UPSTREAM.close();
    }

    /** Says how many bytes each whole message has, until the other end closes; hears no pings. */
    private static void listen(WebSocketPeer upstream) {
        int length = 0;
        Frame frame = hear(upstream);
        while (frame.opcode() != WebSocketPeer.CLOSE) {
            length += frame.payload().length;
            if (frame.fin()) {
                upstream.text(Integer.toString(length));
                length = 0;
            }
            frame = hear(upstream);
        }
        upstream.send(WebSocketPeer.CLOSE, true, frame.payload());
    }

    private static Frame hear(WebSocketPeer upstream) {
        Frame frame = upstream.read();
        while (frame.opcode() == WebSocketPeer.PING) {
            frame = upstream.read();
        }
        HEARD.add(frame);
        return frame;
    }

    private static WebSocketPeer open(Deployment.Kind kind, String path, String key) {
        return WebSocketPeer.open(deployment(kind).forward("keyed", path), key);
    }

    private static void passes(WebSocketPeer client, String message) {
        assertThat(client.text(message).message().text()).isEqualTo(Integer.toString(message.getBytes(UTF_8).length));
    }

    /** The session is closed with a reason, and no message came to its end at the upstream since. */
    private static void isRefused(WebSocketPeer client, String reason) {
        Frame close = client.awaitClose();
        assertThat(close.code()).isEqualTo(1008);
        assertThat(close.reason()).contains(reason);
        client.close(1008, "");
        Frame heard = next();
        while (heard.opcode() != WebSocketPeer.CLOSE) {
            assertThat(heard.fin()).as("a message came whole").isFalse();
            heard = next();
        }
        assertThat(heard.code()).isEqualTo(1008);
    }

    private static Frame next() {
        try {
            return Objects.requireNonNull(HEARD.poll(20, TimeUnit.SECONDS), "a frame");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @KindSource
    void eachAnswerOfResponsesHasAModelThatTheKeyMayUse(Deployment.Kind kind) {
        try (WebSocketPeer client = open(kind, RESPONSES, CONFINED)) {
            passes(client, CREATE.formatted("gpt-small"));
            passes(client, "{\"type\":\"response.steer\",\"previous_response_id\":\"resp_1\"}");
            passes(client, CREATE.formatted("gpt-small"));
            HEARD.clear();

            client.text(CREATE.formatted("gpt-large")).text(CREATE.formatted("gpt-small"));
            isRefused(client, "This API key may not use the model 'gpt-large'.");
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(deployment(kind).log().lines())
                        .anyMatch(line -> line.contains("GET /v1/responses forward=keyed key=confined")
                                && line.contains("messages_in=3 messages_out=3 closed_by=gateway close=1008")
                                && line.contains("error=model_not_allowed")));
    }

    @ParameterizedTest
    @KindSource
    void theModelIsFoundInPiecesAndBehindMuch(Deployment.Kind kind) {
        try (WebSocketPeer client = open(kind, RESPONSES, CONFINED)) {
            byte[] allowed = CREATE.formatted("gpt-small").getBytes(UTF_8);
            inPieces(client, allowed);
            assertThat(client.message().text()).isEqualTo(Integer.toString(allowed.length));
            String much = "{\"type\":\"response.create\",\"input\":\"" + "x".repeat(LARGE) + "\",\"model\":\"%s\"}";
            passes(client, much.formatted("gpt-small"));
            HEARD.clear();
            client.text(much.formatted("gpt-large"));
            isRefused(client, "gpt-large");
        }
        try (WebSocketPeer client = open(kind, RESPONSES, CONFINED)) {
            inPieces(client, CREATE.formatted("gpt-large").getBytes(UTF_8));
            isRefused(client, "gpt-large");
        }
    }

    private static void inPieces(WebSocketPeer client, byte[] message) {
        client.send(WebSocketPeer.TEXT, false, Arrays.copyOf(message, 1));
        client.send(WebSocketPeer.PING, true, new byte[0]);
        for (int at = 1; at < message.length; at++) {
            client.send(WebSocketPeer.CONTINUATION, false, new byte[] {message[at]});
        }
        client.send(WebSocketPeer.CONTINUATION, true, new byte[0]);
    }

    @ParameterizedTest
    @KindSource
    void aMessageThatNamesNoModelOrCouldBeReadInTwoWaysIsRefused(Deployment.Kind kind) {
        List<String> unsound = List.of(
                "hello",
                "{\"type\":\"response.create\",\"model\":\"gpt-small\",\"model\":\"gpt-large\"}",
                "{\"type\":\"response.create\",\"Model\":\"gpt-large\",\"model\":\"gpt-small\"}");
        for (String message : unsound) {
            try (WebSocketPeer client = open(kind, RESPONSES, CONFINED)) {
                client.text(message);
                isRefused(client, "a message has to be JSON that says \"model\" once.");
            }
        }
        List<String> nameless = List.of(
                "{\"type\":\"response.create\",\"prompt\":{\"id\":\"pmpt_1\"}}",
                "{\"type\":\"response.create\",\"response\":{\"model\":\"gpt-small\"}}",
                "{}");
        for (String message : nameless) {
            try (WebSocketPeer client = open(kind, RESPONSES, CONFINED)) {
                client.send(WebSocketPeer.BINARY, true, message.getBytes(UTF_8));
                isRefused(client, "the message has to name one.");
            }
        }
        try (WebSocketPeer client = open(kind, RESPONSES, CONFINED)) {
            client.text(CREATE.formatted("m".repeat(250)));
            isRefused(client, "This API key may not use the model 'mmm");
        }
    }

    @ParameterizedTest
    @KindSource
    void aSessionOfGeminiLiveHasTheModelThatSetsItUp(Deployment.Kind kind) {
        String setup = "{\"setup\":{\"model\":\"models/%s\"}}";
        String content = "{\"clientContent\":{\"turnComplete\":true}}";
        try (WebSocketPeer client = open(kind, LIVE, CONFINED)) {
            passes(client, setup.formatted("gemini-live"));
            passes(client, content);
            client.send(WebSocketPeer.BINARY, true, content.getBytes(UTF_8));
            assertThat(client.message().text()).isEqualTo(Integer.toString(content.length()));
            HEARD.clear();
            client.text(setup.formatted("gemini-large"));
            isRefused(client, "gemini-large");
        }
        try (WebSocketPeer client = open(kind, LIVE, CONFINED)) {
            client.text("{\"model\":\"gemini-live\",\"setup\":{}}");
            isRefused(client, "the message has to name one.");
        }
    }

    @ParameterizedTest
    @KindSource
    void aClientThatMayUseAllModelsSaysWhatItLikes(Deployment.Kind kind) {
        for (String path : List.of(RESPONSES, LIVE)) {
            try (WebSocketPeer client = open(kind, path, FREE)) {
                passes(client, "hello");
                passes(client, "{\"model\":\"gpt-large\",\"model\":\"gpt-small\"}");
                client.close(1000, "").awaitClose();
            }
        }
    }
}
