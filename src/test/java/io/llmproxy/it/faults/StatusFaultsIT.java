package io.llmproxy.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment.Kind;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

/** Upstreams that answer with an error. */
class StatusFaultsIT {
    private static final Behaviour FINE = Behaviour.json("{\"fine\":true}");
    private static final String BODY = "{\"error\": {\"message\": \"as the upstream says, %d\"}}\n";

    private final FaultWorld world = FaultWorld.fresh();

    private static Behaviour says(int status, String headers) {
        return Behaviour.status(status, "Content-Type: application/problem+json\r\n" + headers, BODY.formatted(status));
    }

    private static void assertPassed(Answer answer, int status) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        assertThat(answer.text()).isEqualTo(BODY.formatted(status));
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.head().has("X-LLMProxy-Error")).isFalse();
    }

    private static int seconds(Answer answer) {
        return Integer.parseInt(answer.header("Retry-After"));
    }

    @Fault("U23")
    void tooManyRequestsSaysOne(Kind kind) {
        Scene scene =
                world.scene(kind, "cool").first(says(429, "Retry-After: 7\r\n")).second(FINE);

        assertThat(scene.ask().text()).isEqualTo("{\"fine\":true}");
        assertThat(scene.ask().text()).isEqualTo("{\"fine\":true}");

        scene.assertCalls(1, 2);
        scene.assertBreaker("a", 0, 0);
        scene.assertUpstreamErrors("a", "upstream_error", 1);
    }

    @Fault("U23")
    void tooManyRequestsSayAll(Kind kind) {
        Scene scene = world.scene(kind, "cool-all")
                .first(says(429, "Retry-After: 17\r\n"))
                .second(says(429, "Retry-After: 7\r\n"));

        Answer first = scene.ask();
        Answer second = scene.ask();

        assertThat(first.status()).as(first.toString()).isEqualTo(429);
        assertThat(seconds(first)).isBetween(1, 7);
        assertThat(second.status()).as(second.toString()).isEqualTo(429);
        assertThat(second.text()).contains("\"error\"");
        assertThat(seconds(second)).isBetween(5, 7);
        scene.assertCalls(1, 1);
        scene.assertBreaker("a", 0, 0);
        scene.assertBreaker("b", 0, 0);
    }

    /** Both upstreams say how long to wait; what is left of the shorter wait is told to the client. */
    private void coolsDown(Kind kind, String group, String headers, int atLeast, int atMost) {
        Scene scene = world.scene(kind, group).first(says(429, headers)).second(says(429, headers));

        scene.ask();
        Answer answer = scene.ask();

        assertThat(answer.status()).as(group + " " + answer).isEqualTo(429);
        assertThat(seconds(answer)).as(group).isBetween(atLeast, atMost);
        scene.assertCalls(1, 1);
    }

    @Fault("U24")
    void theManyFormsOfRetryAfter(Kind kind) {
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(60));
        coolsDown(kind, "cool-date", "Retry-After: " + date + "\r\n", 50, 60);
        coolsDown(kind, "cool-ms", "retry-after-ms: 20500\r\n", 15, 21);
        coolsDown(kind, "cool-garbage", "Retry-After: soon, " + "9".repeat(500) + "\r\n", 1, 3);
        coolsDown(kind, "cool-far", "Retry-After: 86400\r\n", 590, 600);
        Scene past =
                world.scene(kind, "cool-past").first(says(429, "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), FINE);
        past.ask();
        Answer afterwards = past.ask();
        assertThat(afterwards.status()).as(afterwards.toString()).isEqualTo(200);
    }

    private void othersTakeOver(Kind kind, int status) {
        for (String group : new String[] {"two", "retrying"}) {
            Scene scene = world.scene(kind, group).first(says(status, "")).second(FINE);
            assertThat(scene.ask().text()).isEqualTo("{\"fine\":true}");
            scene.assertCalls(1, 1);
            scene.assertBreaker("a", 0, 1);
            scene.assertBreaker("b", 1, 0);
            scene.assertUpstreamErrors("a", "upstream_error", 1);
            scene.assertClientErrors("upstream_error", status, 0);
        }

        Scene all = world.scene(kind, "two").first(says(status, "")).second(says(status, ""));
        Answer last = all.ask();
        assertPassed(last, status);
        assertThat(last.header("x-should-retry")).isEqualTo("false");
        all.assertCalls(1, 1);
        all.assertClientErrors("upstream_error", status, 1);

        Scene advised = world.scene(kind, "two")
                .first(says(status, "x-should-retry: false\r\n"))
                .second(FINE);
        assertPassed(advised.ask(), status);
        advised.assertCalls(1, 0);

        Scene embeddings = world.scene(kind, "retrying").first("/v1/embeddings", says(status, ""));
        assertThat(embeddings.ask("/v1/embeddings").status()).isEqualTo(200);
        embeddings.assertCalls(1, 1);
        embeddings.assertBreaker("a", 0, 1);
        embeddings.assertBreaker("b", 1, 0);

        Scene unsafe = world.scene(kind, "unsafe").first(says(status, "")).second(FINE);
        assertThat(unsafe.ask().status()).isEqualTo(200);
        unsafe.assertCalls(1, 1);
    }

    @Fault("U25")
    void internalErrors(Kind kind) {
        othersTakeOver(kind, 500);
    }

    @Fault("U26")
    void gatewayErrorsOfTheUpstream(Kind kind) {
        othersTakeOver(kind, 502);
        othersTakeOver(kind, 504);
    }

    @Fault("U27")
    void unavailableOrOverloaded(Kind kind) {
        for (int status : new int[] {503, 529}) {
            Scene one = world.scene(kind, "two").first(says(status, "")).second(FINE);
            assertThat(one.ask().text()).isEqualTo("{\"fine\":true}");
            one.assertCalls(1, 1);
            one.assertBreaker("a", 0, 1);
            one.assertUpstreamErrors("a", "upstream_error", 1);

            Scene all = world.scene(kind, "two").first(says(status, "")).second(says(status, ""));
            assertPassed(all.ask(), status);
            all.assertCalls(1, 1);
            all.assertClientErrors("upstream_error", status, 1);
        }
        Scene told =
                world.scene(kind, "busy").first(says(503, "Retry-After: 7\r\n")).second(FINE);
        told.ask();
        assertThat(told.ask().status()).isEqualTo(200);
        told.assertCalls(1, 2);
    }

    @Fault("U28")
    void mistakesOfTheClient(Kind kind) {
        for (int status : new int[] {400, 404, 422}) {
            Scene scene = world.scene(kind, "two").first(says(status, "")).second(FINE);
            assertPassed(scene.ask(), status);
            scene.assertCalls(1, 0);
            scene.assertBreaker("a", 0, 0);
        }
    }

    @Fault("U29")
    void ourOwnKeyIsRefused(Kind kind) {
        for (int status : new int[] {401, 403}) {
            Scene one = world.scene(kind, "own-key-" + status)
                    .first(says(status, ""))
                    .second(FINE);
            assertThat(one.ask().text()).isEqualTo("{\"fine\":true}");
            assertThat(one.ask().text()).isEqualTo("{\"fine\":true}");
            one.assertCalls(1, 2);
            one.assertUpstreamErrors("a", "upstream_auth_error", 1);
            one.assertCounted(1, "llmproxy_upstream_key_failures_total", "upstream=\"own-key-%d-a\"".formatted(status));

            Scene all = world.scene(kind, "own-key-alone").first(says(status, ""));
            Answer answer = all.ask(Scene.CHAT, "Authorization: Bearer client-key\r\n");
            Scene.assertOurs(answer, 502, "upstream_auth_error");
            assertThat(answer.text()).doesNotContain("as the upstream says");
            all.assertClientErrors("upstream_auth_error", 502, 1);

            Scene clients = world.scene(kind, "two").first(says(status, "")).second(FINE);
            assertPassed(clients.ask(Scene.CHAT, "Authorization: Bearer client-key\r\n"), status);
            clients.assertCalls(1, 0);
            clients.assertBreaker("a", 0, 0);
        }
    }
}
