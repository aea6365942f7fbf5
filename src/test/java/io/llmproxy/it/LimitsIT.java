package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.Metrics;
import io.llmproxy.testing.RawClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;

class LimitsIT {
    private static final byte[] QUESTION = "{\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8);
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";
    private static final String[] QUEUE = {"forward=\"queued\"", "queue=\"forward\""};
    private static final List<String> EVENTS = List.of("data: 1\n\n", "data: [DONE]\n\n");

    private final World world = World.fresh();

    private Answer ask(Deployment.Kind kind, String forward, String path, String headers) {
        return RawClient.exchange(world.deployment(kind).forward(forward, path), "POST", headers, QUESTION);
    }

    @ParameterizedTest
    @KindSource
    void aClientThatAsksTooOftenIsToldWhenToComeBack(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        String from = "X-Forwarded-For: 198.51.100.7, 192.0.2.1\r\n";

        assertThat(ask(kind, "rated", CHAT, from).status()).isEqualTo(200);
        assertThat(ask(kind, "rated", CHAT, from).status()).isEqualTo(200);
        Answer refused = ask(kind, "rated", CHAT, from);

        assertThat(refused.status()).as(refused.toString()).isEqualTo(429);
        assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("rate_limit_exceeded");
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(refused.header("x-ratelimit-limit-requests")).isEqualTo("2");
        assertThat(refused.header("x-ratelimit-remaining-requests")).isEqualTo("0");
        assertThat(refused.header("x-ratelimit-reset-requests")).matches("1\\d{3}ms|2000ms");
        assertThat(ask(kind, "rated", MESSAGES, from).text()).contains("rate_limit_error");
        assertThat(RawClient.exchange(world.deployment(kind).admin("/metrics"), "GET", "", new byte[0])
                        .text())
                .contains("llmproxy_ratelimit_total{forward=\"rated\"}");
        assertThat(ask(kind, "rated", CHAT, "X-Forwarded-For: 192.0.2.2\r\n").status())
                .isEqualTo(200);
        assertThat(ask(kind, "rated", CHAT, "Forwarded: for=\"[2001:db8::1]:4711\"\r\n")
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @KindSource
    void whatAnUntrustedClientSaysOfItselfDoesNotCount(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        int refused = 0;
        for (int address = 1; address <= 20; address++) {
            String from = "X-Forwarded-For: 192.0.2." + address + "\r\nForwarded: for=192.0.2." + address + "\r\n";
            refused += ask(kind, "rated-directly", CHAT, from).status() == 429 ? 1 : 0;
        }
        assertThat(refused).isGreaterThan(10);
    }

    @ParameterizedTest
    @KindSource
    void aRequestWaitsForItsTurn(Deployment.Kind kind) {
        LockStep steps = new LockStep();
        String path = World.path();
        world.upstream.on(path, Behaviour.lockStep(steps, EVENTS)).otherwise(Behaviour.json("{\"next\":1}"));

        try (RawClient served = connect(kind);
                RawClient waiting = connect(kind)) {
            served.send("POST", path, "", QUESTION);
            assertThat(served.head().status()).isEqualTo(200);
            waiting.send("POST", CHAT, "", QUESTION);
            assertThat(waiting.silentFor(Duration.ofMillis(500))).isTrue();
            assertThat(world.upstream.requests()).hasSize(1);

            steps.finish();
            Answer answer = waiting.answer();
            assertThat(answer.text()).as(answer.toString()).isEqualTo("{\"next\":1}");
            assertThat(world.upstream.awaitRequest(CHAT).body()).isEqualTo(QUESTION);
        }
        assertIsFree(kind);
    }

    @ParameterizedTest
    @KindSource
    void aRequestThatWaitsTooLongOrFindsTooManyWaitingIsRefused(Deployment.Kind kind) {
        LockStep steps = new LockStep();
        String path = World.path();
        world.upstream.on(path, Behaviour.lockStep(steps, EVENTS)).otherwise(Behaviour.json("{}"));

        try (RawClient served = connect(kind);
                RawClient first = connect(kind);
                RawClient second = connect(kind)) {
            served.send("POST", path, "", QUESTION);
            assertThat(served.head().status()).isEqualTo(200);
            first.send("POST", CHAT, "", QUESTION);
            second.send("POST", CHAT, "", QUESTION);
            awaitQueued(kind, 2);
            Metrics waiting = world.deployment(kind).metrics();

            assertOverloaded(ask(kind, "queued", CHAT, ""));
            assertOverloaded(first.answer());
            assertOverloaded(second.answer());
            Metrics over = world.deployment(kind).metrics();
            assertThat(over.sum("llmproxy_queued", QUEUE)).isZero();
            assertThat(over.sum("llmproxy_queue_seconds_count", QUEUE)
                            - waiting.sum("llmproxy_queue_seconds_count", QUEUE))
                    .isEqualTo(2);
            steps.finish();
        }
        assertIsFree(kind);
    }

    @ParameterizedTest
    @KindSource
    void clientsThatLeaveTheQueueTakeNoTurn(Deployment.Kind kind) {
        LockStep steps = new LockStep();
        String path = World.path();
        world.upstream.on(path, Behaviour.lockStep(steps, EVENTS)).otherwise(Behaviour.json("{}"));

        try (RawClient served = connect(kind)) {
            served.send("POST", path, "", QUESTION);
            assertThat(served.head().status()).isEqualTo(200);
            for (int client = 0; client < 2; client++) {
                RawClient leaving = connect(kind);
                leaving.send("POST", CHAT, "", QUESTION);
                awaitQueued(kind, 1);
                leaving.reset();
                awaitQueued(kind, 0);
            }
            steps.finish();
        }
        assertIsFree(kind);
    }

    private void awaitQueued(Deployment.Kind kind, int requests) {
        Awaitility.await().until(() -> world.deployment(kind).metrics().sum("llmproxy_queued", QUEUE) == requests);
    }

    private RawClient connect(Deployment.Kind kind) {
        return RawClient.connect(world.deployment(kind).forward("queued"));
    }

    private static void assertOverloaded(Answer answer) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(503);
        assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("overloaded");
        assertThat(answer.header("Retry-After")).isEqualTo("1");
    }

    private void assertIsFree(Deployment.Kind kind) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(
                        () -> assertThat(ask(kind, "queued", CHAT, "").status()).isEqualTo(200));
    }
}
