package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Digests;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.Head;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.RawClient;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;

/** Who may come in by which key, in which place, on every path; and what becomes of the key. */
class ClientKeysIT {
    private static final byte[] QUESTION = "{\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8);
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";
    private static final String GENERATE = "/v1beta/models/m:generateContent";
    private static final List<String> DIALECTS = List.of(CHAT, MESSAGES, GENERATE);
    private static final String CANARY = "CANARY-7f3a9";
    private static final String GOOD = key("good");
    private static final String HASHED = key("hashed");
    private static final String OWN = key("own");
    private static final String OF_FIRST = key("first");
    private static final String OF_BOTH = key("both");
    private static final List<String> UNUSABLE = List.of(
            key("unknown"),
            key("disabled"),
            key("expired"),
            GOOD + "x",
            GOOD.substring(1),
            "sha256:" + Digests.sha256(HASHED.getBytes(StandardCharsets.UTF_8)),
            "' OR '1'='1",
            "%00",
            "x".repeat(6000));
    private static final List<String> EVENTS = List.of("data: 1\n\n", "data: 2\n\n", "data: [DONE]\n\n");

    private static final FakeUpstream FIRST = FakeUpstream.start();
    private static final FakeUpstream SECOND = FakeUpstream.start();
    private static final Map<Deployment.Kind, Deployment> DEPLOYMENTS = new EnumMap<>(Deployment.Kind.class);

    private static String key(String name) {
        return "sk-" + CANARY + "-" + name;
    }

    private static Gateway gateway(String more) {
        List<String> keys = List.of(
                "{name: good, key: %s}".formatted(GOOD),
                "{name: hashed, key: 'SHA256:%s'}".formatted(Digests.sha256(HASHED.getBytes(StandardCharsets.UTF_8))),
                "{name: disabled, key: %s, enabled: false}".formatted(key("disabled")),
                "{name: expired, key: %s, expires: 2024-01-01}".formatted(key("expired")),
                "{name: rated, key: %s, rate_limit: {requests_per_second: 1, burst_size: 2}}".formatted(key("rated")),
                "{name: single, key: %s, max_concurrent: 1}".formatted(key("single")));
        String both = "{name: both, key: %s}".formatted(OF_BOTH);
        return new Gateway()
                .upstream("plain", FIRST.url(), "")
                .upstream("bearer", FIRST.url(), "auth: {type: bearer, token: upstream-token}")
                .upstream("first", FIRST.url(), "keys: [{name: first, key: %s}, %s]".formatted(OF_FIRST, both))
                .upstream("second", SECOND.url(), "keys: [%s]".formatted(both))
                .upstream("open", SECOND.url(), "")
                .group("plain", "{name: plain}", "")
                .group("bearer", "{name: bearer}", "")
                .group("guarded", "{name: first}, {name: second}", "balance: {strategy: failover}")
                .group("half-open", "{name: first}, {name: open}", "balance: {strategy: failover}")
                .forward("plain", "plain", "keys: [%s%s]".formatted(String.join(", ", keys), more))
                .forward("bearer", "bearer", "keys: [{name: own, key: %s}]".formatted(OWN))
                .forward("guarded", "guarded", "")
                .forward("half-open", "half-open", "")
                .forward("nobody-is-asked", "plain", "");
    }

    private static Deployment deployment(Deployment.Kind kind) {
        return DEPLOYMENTS.computeIfAbsent(
                kind, missing -> Deployment.start(missing, gateway("").admin("token: reload-me"), "-Xmx128m"));
    }

    @BeforeEach
    void forgetEarlierRequests() {
        for (FakeUpstream upstream : List.of(FIRST, SECOND)) {
            upstream.reset();
            upstream.otherwise(Behaviour.json("{}"));
        }
    }

    @AfterAll
    static void noKeyWasEverWritten() {
        for (Deployment deployment : DEPLOYMENTS.values()) {
            String metrics = RawClient.exchange(deployment.admin("/metrics"), "GET", "", new byte[0])
                    .text();
            deployment.close();

            assertThat(metrics).contains("llmproxy_").doesNotContain(CANARY);
            assertThat(deployment.log()).doesNotContain(CANARY);
        }
    }

    private static Answer ask(Deployment.Kind kind, String forward, String path, String headers) {
        return RawClient.exchange(deployment(kind).forward(forward, path), "POST", headers, QUESTION);
    }

    /** Asks until the key has been used too often. A token a second comes back meanwhile, which counts on a busy machine. */
    private static Answer untilRefused(Deployment.Kind kind, String path, String headers) {
        for (int served = 0; served < 100; served++) {
            Answer answer = ask(kind, "plain", path, headers);
            if (answer.status() != 200) {
                return answer;
            }
        }
        throw new AssertionError("never refused");
    }

    private static String bearer(String key) {
        return "Authorization: Bearer " + key + "\r\n";
    }

    private static void assertUnauthorized(Answer answer, String path) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(401);
        assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("invalid_api_key");
        assertThat(answer.header("WWW-Authenticate")).isEqualTo("Bearer");
        assertThat(answer.header("X-Request-Id")).isNotEmpty();
        assertThat(answer.text())
                .doesNotContain(CANARY)
                .contains(
                        switch (path) {
                            case CHAT ->
                                "\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"invalid_api_key\"";
                            case MESSAGES -> "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\"";
                            default -> "{\"error\":{\"code\":401,";
                        });
        if (path.equals(GENERATE)) {
            assertThat(answer.text()).contains("\"status\":\"UNAUTHENTICATED\"");
        }
    }

    private static void assertUntouched() {
        assertThat(FIRST.requests()).isEmpty();
        assertThat(SECOND.requests()).isEmpty();
    }

    /** What reached the upstream shows nothing of the client's. */
    private static void assertStripped(Head request) {
        assertThat(request.toString()).doesNotContain(CANARY);
        for (String header : List.of("x-api-key", "x-goog-api-key", "api-key")) {
            assertThat(request.has(header)).as(header).isFalse();
        }
    }

    @ParameterizedTest
    @KindSource
    void aKeyOpensInEveryPlaceAndGoesNoFurther(Deployment.Kind kind) {
        for (String path : DIALECTS) {
            for (String key : List.of(GOOD, HASHED)) {
                for (String header : List.of(
                        bearer(key),
                        "authorization: bearer " + key + "\r\n",
                        "x-api-key: " + key + "\r\n",
                        "X-Goog-Api-Key: " + key + "\r\n",
                        "api-key: " + key + "\r\n",
                        "Authorization: Basic dXNlcjpwYXNz\r\nx-api-key: " + key + "\r\n",
                        bearer(key) + "x-api-key: " + key + "\r\nx-goog-api-key: " + key + "\r\napi-key: " + key
                                + "\r\n")) {
                    assertThat(ask(kind, "plain", path + "?a=%20b", header).status())
                            .as(header)
                            .isEqualTo(200);
                    Head request = FIRST.awaitRequest(path).head();
                    assertStripped(request);
                    assertThat(request.has("Authorization")).isFalse();
                    assertThat(request.target()).isEqualTo(path + "?a=%20b");
                }
                assertThat(ask(kind, "plain", path + "?alt=sse&key=" + key + "&b=1", "")
                                .status())
                        .isEqualTo(200);
                assertThat(FIRST.awaitRequest(path).head().target()).isEqualTo(path + "?alt=sse&b=1");
                assertThat(ask(kind, "plain", path + "?%6bey=" + key, "").status())
                        .isEqualTo(200);
                assertThat(FIRST.awaitRequest(path).head().target()).isEqualTo(path);
            }
        }
        Awaitility.await()
                .untilAsserted(() -> assertThat(deployment(kind).log()).contains(" key=good ", " key=hashed "));
    }

    @ParameterizedTest
    @KindSource
    void theUpstreamIsShownItsOwnCredential(Deployment.Kind kind) {
        String all = bearer(OWN) + "x-api-key: " + OWN + "\r\nx-goog-api-key: " + OWN + "\r\napi-key: " + OWN + "\r\n";

        assertThat(ask(kind, "bearer", CHAT + "?key=" + OWN, all).status()).isEqualTo(200);

        Head request = FIRST.awaitRequest(CHAT).head();
        assertStripped(request);
        assertThat(request.values("Authorization")).containsExactly("Bearer upstream-token");
        assertThat(request.target()).isEqualTo(CHAT);
    }

    @ParameterizedTest
    @KindSource
    void aClientWithoutAUsableKeyIsRefused(Deployment.Kind kind) {
        for (String path : DIALECTS) {
            for (String none : List.of(
                    "",
                    "Authorization: Bearer \r\n",
                    "Authorization: " + GOOD + "\r\n",
                    "Authorization: Basic " + GOOD + "\r\n",
                    "x-api-key: \r\n",
                    "Cookie: key=" + GOOD + "\r\n",
                    "X-Key: " + GOOD + "\r\n")) {
                Answer missing = ask(kind, "plain", path, none);
                assertUnauthorized(missing, path);
                assertThat(missing.text()).contains("No API key was given");
            }
            String told = "";
            for (String key : UNUSABLE) {
                for (String header : List.of(bearer(key), "x-api-key: " + key + "\r\n")) {
                    Answer refused = ask(kind, "plain", path, header);
                    assertUnauthorized(refused, path);
                    String text = refused.text().replaceAll("req_\\w+", "");
                    assertThat(told).isIn("", text);
                    told = text;
                }
            }
            assertUnauthorized(ask(kind, "plain", path + "?key=" + key("unknown"), ""), path);
            assertUnauthorized(ask(kind, "bearer", path, bearer(GOOD)), path);
        }
        for (String method : List.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE")) {
            URI uri = deployment(kind).forward("plain", "/v1/models");
            assertThat(RawClient.exchange(uri, method, "", new byte[0]).status())
                    .isEqualTo(401);
        }
        assertUntouched();
        assertThat(deployment(kind)
                        .metrics()
                        .sum("llmproxy_auth_failures_total", "forward=\"plain\"", "reason=\"expired\""))
                .isPositive();
    }

    @ParameterizedTest
    @KindSource
    void keysThatDifferAreRefusedAndThePlacesTold(Deployment.Kind kind) {
        for (String path : DIALECTS) {
            Answer headers = ask(kind, "plain", path, bearer(GOOD) + "x-api-key: " + HASHED + "\r\n");
            assertUnauthorized(headers, path);
            assertThat(headers.text()).contains("in Authorization, x-api-key.");
            Answer query = ask(kind, "plain", path + "?key=" + key("unknown"), "x-goog-api-key: " + GOOD + "\r\n");
            assertUnauthorized(query, path);
            assertThat(query.text()).contains("in x-goog-api-key, the query's key.");
            assertUnauthorized(ask(kind, "plain", path, bearer(GOOD) + bearer(HASHED)), path);
            assertUnauthorized(ask(kind, "plain", path + "?key=" + GOOD + "&key=" + HASHED, ""), path);
        }
        assertUntouched();
    }

    @ParameterizedTest
    @KindSource
    void aKeyThatAsksTooOftenIsToldWhenToComeBack(Deployment.Kind kind) {
        String header = "x-api-key: " + key("rated") + "\r\n";
        deployment(kind);

        long start = System.nanoTime();
        Answer refused = untilRefused(kind, CHAT, header);
        Duration taken = Duration.ofNanos(System.nanoTime() - start);

        assertThat(refused.status()).as(refused.toString()).isEqualTo(429);
        assertThat(FIRST.requests()).hasSizeBetween(2, 2 + (int) taken.toSeconds());
        assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("key_rate_limit_exceeded");
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(refused.header("x-ratelimit-limit-requests")).isEqualTo("2");
        assertThat(refused.header("x-ratelimit-remaining-requests")).isEqualTo("0");
        assertThat(refused.text()).contains("\"type\":\"rate_limit_exceeded\"");
        assertThat(untilRefused(kind, MESSAGES, header).text()).contains("rate_limit_error");
        assertThat(untilRefused(kind, GENERATE, header).text()).contains("RESOURCE_EXHAUSTED", "RetryInfo");
        assertThat(ask(kind, "plain", MESSAGES + "/count_tokens", header).status())
                .isEqualTo(200);
        assertThat(ask(kind, "plain", CHAT, bearer(GOOD)).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @KindSource
    void aKeyIsServedSoManyTimesAtOnce(Deployment.Kind kind) {
        LockStep steps = new LockStep();
        String path = World.path();
        FIRST.on(path, Behaviour.lockStep(steps, EVENTS));
        String header = bearer(key("single"));

        try (RawClient served = RawClient.connect(deployment(kind).forward("plain"))) {
            served.send("POST", path, header, QUESTION);
            assertThat(served.head().status()).isEqualTo(200);
            Answer refused = ask(kind, "plain", CHAT, header);
            assertThat(refused.status()).as(refused.toString()).isEqualTo(429);
            assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("key_concurrency_exceeded");
            assertThat(refused.header("Retry-After")).isEqualTo("1");
            steps.finish();
            assertThat(served.answer().whole()).isTrue();
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(5))
                .untilAsserted(() ->
                        assertThat(ask(kind, "plain", CHAT, header).status()).isEqualTo(200));
    }

    @ParameterizedTest
    @KindSource
    void theKeyOfAnUpstreamOpensThatOneOnly(Deployment.Kind kind) {
        assertThat(ask(kind, "guarded", CHAT, bearer(OF_FIRST)).status()).isEqualTo(200);
        assertStripped(FIRST.awaitRequest(CHAT).head());
        assertThat(ask(kind, "guarded", CHAT, bearer(OF_BOTH)).status()).isEqualTo(200);
        assertThat(SECOND.requests()).isEmpty();

        FIRST.on(CHAT, Behaviour.status(503, "", "busy"));
        assertThat(ask(kind, "guarded", CHAT, bearer(OF_FIRST)).status()).isEqualTo(503);
        assertThat(SECOND.requests()).isEmpty();
        assertThat(ask(kind, "guarded", CHAT, bearer(OF_BOTH)).status()).isEqualTo(200);
        assertStripped(SECOND.awaitRequest(CHAT).head());
        FIRST.reset();
        SECOND.reset();

        assertUnauthorized(ask(kind, "guarded", CHAT, ""), CHAT);
        assertUnauthorized(ask(kind, "guarded", CHAT, bearer(key("unknown"))), CHAT);
        assertUnauthorized(ask(kind, "guarded", CHAT, bearer(GOOD)), CHAT);
        assertUntouched();
    }

    @ParameterizedTest
    @KindSource
    void anUpstreamWithoutKeysServesEverybodyElse(Deployment.Kind kind) {
        assertThat(ask(kind, "half-open", CHAT, bearer("the-clients-own")).status())
                .isEqualTo(200);
        assertThat(SECOND.awaitRequest(CHAT).head().values("Authorization")).containsExactly("Bearer the-clients-own");
        assertThat(ask(kind, "half-open", CHAT, "").status()).isEqualTo(200);
        assertThat(FIRST.requests()).isEmpty();

        assertThat(ask(kind, "half-open", CHAT, bearer(OF_FIRST)).status()).isEqualTo(200);
        assertStripped(FIRST.awaitRequest(CHAT).head());
        assertThat(SECOND.requests()).hasSize(2);
        assertUnauthorized(ask(kind, "half-open", CHAT, bearer(OF_FIRST) + "x-api-key: other\r\n"), CHAT);
    }

    @ParameterizedTest
    @KindSource
    void withoutKeysEverythingPassesAsItCame(Deployment.Kind kind) {
        String headers = bearer("a") + "x-api-key: b\r\n";

        assertThat(ask(kind, "nobody-is-asked", CHAT + "?key=c", headers).status())
                .isEqualTo(200);

        Head request = FIRST.awaitRequest(CHAT).head();
        assertThat(request.values("Authorization")).containsExactly("Bearer a");
        assertThat(request.values("x-api-key")).containsExactly("b");
        assertThat(request.target()).isEqualTo(CHAT + "?key=c");
    }

    @ParameterizedTest
    @KindSource
    void aKeyThatIsTakenOutOpensNothingMoreWhileItsStreamsGoOn(Deployment.Kind kind) {
        String temporary = key("temporary");
        String many = IntStream.range(0, 10_000)
                .mapToObj(number -> ", {name: n%d, key: sk-%s-%d}".formatted(number, CANARY, number))
                .collect(Collectors.joining());
        LockStep steps = new LockStep();
        String path = World.path();
        FIRST.on(path, Behaviour.lockStep(steps, EVENTS));
        reload(kind, many + ", {name: temporary, key: %s}".formatted(temporary));
        assertThat(ask(kind, "plain", CHAT, bearer(key("9999"))).status()).isEqualTo(200);

        try (RawClient streaming = RawClient.connect(deployment(kind).forward("plain"))) {
            streaming.send("POST", path, bearer(temporary), QUESTION);
            assertThat(streaming.head().status()).isEqualTo(200);
            assertThat(streaming.event().text()).isEqualTo("data: 1");

            reload(kind, "");
            assertUnauthorized(ask(kind, "plain", CHAT, bearer(temporary)), CHAT);
            steps.finish();
            assertThat(streaming.event().text()).isEqualTo("data: 2");
            assertThat(streaming.answer().whole()).isTrue();
        }
        assertThat(ask(kind, "plain", CHAT, bearer(GOOD)).status()).isEqualTo(200);
    }

    private static void reload(Deployment.Kind kind, String more) {
        deployment(kind).reconfigure(gateway(more).admin("token: reload-me"));
        Answer answer =
                RawClient.exchange(deployment(kind).admin("/admin/reload"), "POST", bearer("reload-me"), new byte[0]);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
    }

    @ParameterizedTest
    @KindSource
    void aReloadSetsNoKeyFree(Deployment.Kind kind) {
        String slow =
                ", {name: slow, key: %s, rate_limit: {requests_per_second: 1, burst_size: 60}}".formatted(key("slow"));
        reload(kind, slow);
        int served = 0;
        for (int round = 0; round < 2; round++) {
            for (int request = 0; request < 45; request++) {
                served += ask(kind, "plain", CHAT, bearer(key("slow"))).status() == 200 ? 1 : 0;
            }
            reload(kind, slow);
        }
        assertThat(served).isBetween(60, 80);
        reload(kind, "");
    }

    @ParameterizedTest
    @KindSource
    void aReloadAddsChangesAndTakesAwayLimits(Deployment.Kind kind) {
        String free = ", {name: changing, key: %s%s}".formatted(key("changing"), "%s");
        String limited = free.formatted(", rate_limit: {requests_per_second: 1, burst_size: %d}");

        reload(kind, free.formatted(""));
        assertThat(servedOfTwenty(kind)).isEqualTo(20);
        reload(kind, limited.formatted(2));
        assertThat(servedOfTwenty(kind)).isBetween(2, 10);
        reload(kind, limited.formatted(12));
        assertThat(servedOfTwenty(kind)).isBetween(12, 18);
        reload(kind, free.formatted(", max_concurrent: 5"));
        assertThat(servedOfTwenty(kind)).isEqualTo(20);
        reload(kind, free.formatted(", enabled: false"));
        assertUnauthorized(ask(kind, "plain", CHAT, bearer(key("changing"))), CHAT);
        reload(kind, "");
    }

    private static int servedOfTwenty(Deployment.Kind kind) {
        int served = 0;
        for (int request = 0; request < 20; request++) {
            served += ask(kind, "plain", CHAT, bearer(key("changing"))).status() == 200 ? 1 : 0;
        }
        return served;
    }
}
