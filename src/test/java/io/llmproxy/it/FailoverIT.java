package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.RawClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;

/** What happens before a client has seen anything of an answer. */
class FailoverIT {
    private static final byte[] QUESTION = "{\"model\":\"m\",\"stream\":true}".getBytes(StandardCharsets.UTF_8);
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";
    private static final String EMBEDDINGS = "/v1/embeddings";
    private static final Behaviour BUSY = Behaviour.status(503, "", "{\"error\":{\"message\":\"busy\"}}");
    private static final Behaviour BROKEN = Behaviour.status(500, "", "{\"error\":{\"message\":\"broken\"}}");

    private static final String ROLE =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
                    + "\"finish_reason\":null}]}\n\n";
    private static final String TEXT =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"finish_reason\":null}]}\n\n";
    private static final String END = """
            data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

            data: [DONE]

            """;
    private static final String MESSAGE_START = """
            event: message_start
            data: {"type":"message_start","message":{}}

            event: ping
            data: {"type":"ping"}

            """;
    private static final String OVERLOADED = """
            event: error
            data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}

            """;
    private static final String MESSAGE = """
            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}

            event: message_stop
            data: {"type":"message_stop"}

            """;

    private final World world = World.fresh();

    private Answer ask(Deployment.Kind kind, String forward, String method, String path) {
        return RawClient.exchange(world.deployment(kind).forward(forward, path), method, "", QUESTION);
    }

    private static Behaviour stream(String... events) {
        return Behaviour.streams(Duration.ZERO, List.of(events));
    }

    @ParameterizedTest
    @KindSource
    void whatWasRefusedGoesToAnotherUpstreamWithoutBeingAskedTo(Deployment.Kind kind) {
        world.first.on(CHAT, BUSY);
        world.second.on(CHAT, Behaviour.json("{\"from\":2}"));

        Answer answer = ask(kind, "failover", "POST", CHAT);

        assertThat(answer.text()).isEqualTo("{\"from\":2}");
        assertThat(answer.head().has("x-should-retry")).isFalse();
        assertThat(world.second.awaitRequest(CHAT).body()).isEqualTo(QUESTION);
    }

    @ParameterizedTest
    @KindSource
    void theLastRefusalPassesByteForByteAndStopsTheClientFromRetrying(Deployment.Kind kind) {
        world.first.on(CHAT, BUSY);
        world.second.on(CHAT, Behaviour.status(503, "X-Of: second\r\n", "{\"second\":\"busy\"}"));

        Answer answer = ask(kind, "failover", "POST", CHAT);

        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.text()).isEqualTo("{\"second\":\"busy\"}");
        assertThat(answer.header("X-Of")).isEqualTo("second");
        assertThat(answer.header("x-should-retry")).isEqualTo("false");
        assertThat(answer.head().has("X-LLMProxy-Error")).isFalse();
    }

    @ParameterizedTest
    @KindSource
    void whatMayHaveBeenWorkedOnIsNotRepeatedUnlessThatDoesNoHarm(Deployment.Kind kind) {
        world.first.otherwise(Behaviour.closesUnanswered());
        world.second.otherwise(Behaviour.json("{}"));

        Answer generation = ask(kind, "failover", "POST", CHAT);
        int askedOfSecond = world.second.requests(CHAT).size();
        Answer embedding = ask(kind, "failover", "POST", EMBEDDINGS);
        Answer list =
                RawClient.exchange(world.deployment(kind).forward("failover", "/v1/models"), "GET", "", new byte[0]);

        assertThat(generation.status()).isEqualTo(502);
        assertThat(generation.header("x-should-retry")).isEqualTo("false");
        assertThat(askedOfSecond).isZero();
        assertThat(embedding.status()).isEqualTo(200);
        assertThat(list.status()).isEqualTo(200);
    }

    @ParameterizedTest
    @KindSource
    void unsafeRetriesRepeatAPostWhenEnabled(Deployment.Kind kind) {
        world.first.on(CHAT, BROKEN);
        world.second.on(CHAT, Behaviour.json("{\"from\":2}"));

        assertThat(ask(kind, "unsafe", "POST", CHAT).text()).isEqualTo("{\"from\":2}");
    }

    @ParameterizedTest
    @KindSource
    void roundsFollowAfterPausesWhenNoOtherUpstreamIsLeft(Deployment.Kind kind) {
        world.first.on(CHAT, BUSY, BUSY, Behaviour.json("{\"third\":1}"));
        assertThat(ask(kind, "rounds", "POST", CHAT).text()).isEqualTo("{\"third\":1}");
        assertThat(world.first.requests(CHAT)).hasSize(3);

        world.first.on(MESSAGES, BUSY);
        assertThat(ask(kind, "rounds", "POST", MESSAGES).status()).isEqualTo(503);
        assertThat(world.first.requests(MESSAGES)).hasSize(3);
    }

    @ParameterizedTest
    @KindSource
    void anUpstreamThatAdvisesAgainstItIsNotAskedAgain(Deployment.Kind kind) {
        world.first.on(CHAT, Behaviour.status(503, "x-should-retry: false\r\n", "{}"));

        assertThat(ask(kind, "failover", "POST", CHAT).status()).isEqualTo(503);
        assertThat(world.second.requests(CHAT)).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void aStreamThatBreaksOffBeforeItSaysAnythingIsReplacedWithoutATrace(Deployment.Kind kind) {
        world.first.on(CHAT, Behaviour.closesMidStream(List.of(ROLE)));
        world.second.on(CHAT, stream(ROLE, TEXT.formatted("Hi"), END));

        Answer answer = ask(kind, "unsafe", "POST", CHAT);

        assertThat(answer.text()).isEqualTo(ROLE + TEXT.formatted("Hi") + END);
        assertThat(world.first.requests(CHAT)).hasSize(1);
    }

    @ParameterizedTest
    @KindSource
    void aStreamThatBreaksOffBeforeItSaysAnythingHasAStatusOfItsOwn(Deployment.Kind kind) {
        world.first.on(CHAT, Behaviour.closesMidStream(List.of(ROLE)));

        Answer answer = ask(kind, "failover", "POST", CHAT);

        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.header("Content-Type")).startsWith("application/json");
        assertThat(answer.text()).contains("\"error\"").doesNotContain("assistant");
        assertThat(world.second.requests(CHAT)).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void aStreamThatOnlySaysThatItIsOverloadedGoesElsewhere(Deployment.Kind kind) {
        world.first.on(MESSAGES, stream(MESSAGE_START, OVERLOADED));
        world.second.on(MESSAGES, stream(MESSAGE_START, MESSAGE));

        assertThat(ask(kind, "failover", "POST", MESSAGES).text()).isEqualTo(MESSAGE_START + MESSAGE);

        world.second.on(MESSAGES, stream(MESSAGE_START, OVERLOADED));
        Answer last = ask(kind, "failover", "POST", MESSAGES);
        assertThat(last.status()).isEqualTo(200);
        assertThat(last.text()).isEqualTo(MESSAGE_START + OVERLOADED);
    }

    @ParameterizedTest
    @KindSource
    void nothingIsHeldBackForLong(Deployment.Kind kind) {
        LockStep steps = new LockStep();
        world.first.on(CHAT, Behaviour.lockStep(steps, List.of(ROLE, TEXT.formatted("Hi") + END)));

        try (RawClient client = RawClient.connect(world.deployment(kind).forward("unsafe"))) {
            client.send("POST", CHAT, "", QUESTION);
            assertThat(client.silentFor(Duration.ofMillis(500))).isTrue();
            assertThat(client.head().status()).isEqualTo(200);
            assertThat(client.event(Duration.ofSeconds(2)).text() + "\n\n").isEqualTo(ROLE);
            steps.finish();
            assertThat(client.answer().text()).endsWith(END);
        }
    }

    @ParameterizedTest
    @KindSource
    void requestsWaitForAnUpstreamThatServesAsManyAsItMay(Deployment.Kind kind) {
        LockStep steps = new LockStep();
        world.first
                .on(CHAT, Behaviour.lockStep(steps, List.of(TEXT.formatted("Hi"), END)))
                .on(MESSAGES, Behaviour.json("{\"turn\":1}"));
        Deployment deployment = world.deployment(kind);

        try (RawClient served = RawClient.connect(deployment.forward("slot"));
                RawClient waiting = RawClient.connect(deployment.forward("slot"))) {
            served.send("POST", CHAT, "", QUESTION);
            assertThat(served.head().status()).isEqualTo(200);
            waiting.send("POST", MESSAGES, "", QUESTION);
            assertThat(waiting.silentFor(Duration.ofMillis(300))).isTrue();
            Answer refused = ask(kind, "slot", "POST", EMBEDDINGS);

            assertThat(refused.status()).as(refused.toString()).isEqualTo(503);
            assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("overloaded");
            assertThat(refused.header("Retry-After")).isEqualTo("1");
            assertThat(world.first.requests(MESSAGES)).isEmpty();
            steps.finish();
            assertThat(waiting.answer().text()).isEqualTo("{\"turn\":1}");
        }
    }
}
