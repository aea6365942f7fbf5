package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/** What happens to one exchange, however bad, is not felt by those beside it. */
class NeighboursIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final byte[] QUESTION = "{\"model\":\"m\",\"stream\":true}".getBytes(StandardCharsets.UTF_8);
    private static final int CLIENTS = 4;
    private static final int IDLE_CLIENTS = 40;
    private static final int REQUESTS = 1_000;
    private static final int SMALLEST_BUFFER = 1024;

    private static final String ROLE =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
                    + "\"finish_reason\":null}]}\n\n";
    private static final String TEXT =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n";
    private static final String END = """
            data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

            data: [DONE]

            """;

    /** A lost piece shows as an event too few, or as a stream that has stalled. */
    @ParameterizedTest
    @KindSource
    void aStreamThatBreaksOffTakesNothingFromOthers(Deployment.Kind kind) {
        try (FakeUpstream breaking = FakeUpstream.start();
                FakeUpstream sound = FakeUpstream.start();
                Deployment deployment = Deployment.start(
                        kind,
                        new Gateway()
                                .upstream("breaking", breaking.url(), "")
                                .upstream("sound", sound.url(), "")
                                .group(
                                        "mixed",
                                        "{name: breaking}, {name: sound}",
                                        "balance: {strategy: failover}, http_client: {timeout: {stall: 3}, retry: {unsafe: true}}")
                                .group("sound", "{name: sound}", "http_client: {timeout: {stall: 3}}")
                                .forward("mixed", "mixed", "")
                                .forward("sound", "sound", ""))) {
            breaking.otherwise(Behaviour.closesMidStream(List.of(ROLE)));
            sound.otherwise(Behaviour.streams(Duration.ZERO, List.of(ROLE, TEXT, END)));
            ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
            try {
                List<CompletableFuture<List<String>>> lost = IntStream.range(0, CLIENTS)
                        .mapToObj(client -> CompletableFuture.supplyAsync(() -> lost(deployment), clients))
                        .toList();
                assertThat(lost).allSatisfy(mine -> assertThat(mine.join()).isEmpty());
            } finally {
                clients.shutdownNow();
            }
            assertThat(breaking.requests(CHAT)).isNotEmpty();
        }
    }

    /** Whoever sends an answer must not wait until the client has taken it: all are served by the same few threads. */
    @ParameterizedTest
    @KindSource
    void clientsThatTakeNoneOfTheirRefusalsHoldUpNoOther(Deployment.Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = Deployment.start(
                        kind,
                        new Gateway()
                                .upstream("sound", upstream.url(), "")
                                .group("sound", "{name: sound}", "")
                                .forward("sound", "sound", ""))) {
            upstream.otherwise(Behaviour.json("{\"fine\":true}"));
            URI forward = deployment.forward("sound", CHAT);
            List<RawClient> deaf = Stream.generate(() -> RawClient.connect(forward, SMALLEST_BUFFER))
                    .limit(CLIENTS)
                    .toList();
            ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
            try {
                List<CompletableFuture<Void>> floods = deaf.stream()
                        .map(client -> CompletableFuture.runAsync(() -> flood(client), clients))
                        .toList();
                Awaitility.await()
                        .during(Duration.ofSeconds(4))
                        .atMost(Duration.ofSeconds(60))
                        .untilAsserted(() -> assertThat(RawClient.exchange(forward, "POST", "", QUESTION)
                                        .text())
                                .isEqualTo("{\"fine\":true}"));
                if (kind == Deployment.Kind.LAUNCHER) {
                    // The others close a connection after some requests.
                    assertThat(floods).noneMatch(CompletableFuture::isDone);
                }
            } finally {
                deaf.forEach(RawClient::close);
                clients.shutdownNow();
            }
        }
    }

    /** Tomcat lets a thread wait for the rest of a body that nobody wants any more. There have to be others. */
    @ParameterizedTest
    @KindSource
    void clientsThatAreRefusedAndSendNoMoreHoldUpNoOther(Deployment.Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = Deployment.start(
                        kind,
                        new Gateway()
                                .upstream("sound", upstream.url(), "")
                                .group("sound", "{name: sound}", "")
                                .forward("sound", "sound", "keys: [{name: known, key: sk-known-key}]"))) {
            upstream.otherwise(Behaviour.json("{\"fine\":true}"));
            URI forward = deployment.forward("sound", CHAT);
            String refused = "POST " + RawClient.target(forward)
                    + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-unknown\r\nContent-Length: 50000\r\n\r\n{";
            List<RawClient> idle = Stream.generate(
                            () -> RawClient.connect(forward).send(refused))
                    .limit(IDLE_CLIENTS)
                    .toList();
            try {
                List<Duration> waits =
                        Stream.generate(() -> wait(forward)).limit(CLIENTS).toList();

                assertThat(waits).allMatch(wait -> wait.compareTo(Duration.ofSeconds(5)) < 0);
                assertThat(idle)
                        .allSatisfy(client -> assertThat(client.head().status()).isEqualTo(401));
            } finally {
                idle.forEach(RawClient::close);
            }
        }
    }

    /** As long as there is more of a body, a loop could go on with it: the others have to get their turns all the same. */
    @Tag("measures")
    @ParameterizedTest
    @KindSource
    void bodiesThatDoNotEndHoldUpNoOtherClient(Deployment.Kind kind) {
        try (FakeUpstream generous = FakeUpstream.start();
                FakeUpstream sound = FakeUpstream.start();
                Deployment deployment = Deployment.start(
                        kind,
                        new Gateway()
                                .upstream("generous", generous.url(), "")
                                .upstream("sound", sound.url(), "")
                                .group("generous", "{name: generous}", "")
                                .group("sound", "{name: sound}", "")
                                .forward("generous", "generous", "")
                                .forward("sound", "sound", ""))) {
            generous.otherwise(Behaviour.floods(1L << 40));
            sound.otherwise(Behaviour.json("{\"fine\":true}"));
            URI large = deployment.forward("generous", CHAT);
            URI small = deployment.forward("sound", CHAT);
            List<RawClient> takers = Stream.generate(() -> RawClient.connect(large))
                    .limit(CLIENTS)
                    .toList();
            ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
            try {
                List<CompletableFuture<Void>> taking = takers.stream()
                        .map(client -> CompletableFuture.runAsync(() -> take(client), clients))
                        .toList();
                List<Duration> waits = Stream.generate(() -> wait(small))
                        .limit(REQUESTS / 10)
                        .sorted()
                        .toList();
                assertThat(taking).noneMatch(CompletableFuture::isDone);
                assertThat(waits.get(waits.size() / 2)).isLessThan(Duration.ofMillis(50));
            } finally {
                takers.forEach(RawClient::close);
                clients.shutdownNow();
            }
        }
    }

    private static void take(RawClient client) {
        client.send("POST", CHAT, "", QUESTION).head();
        while (true) {
            client.read(1 << 20);
        }
    }

    private static Duration wait(URI forward) {
        long start = System.nanoTime();
        String headers = "Authorization: Bearer sk-known-key\r\n";
        assertThat(RawClient.exchange(forward, "POST", headers, QUESTION).text())
                .isEqualTo("{\"fine\":true}");
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** Far more than fits into what is between the client and the server. */
    private static void flood(RawClient client) {
        String refused = "GET /v1/%2e%2e/x HTTP/1.1\r\nHost: x\r\n\r\n";
        for (int requests = 0; requests < 1_000_000; requests++) {
            client.send(refused);
        }
    }

    private static List<String> lost(Deployment deployment) {
        URI mixed = deployment.forward("mixed", CHAT);
        URI sound = deployment.forward("sound", CHAT);
        return IntStream.range(0, REQUESTS)
                .mapToObj(n -> {
                    if (n % 4 == 0) {
                        // Whole or refused: more of these fail than may be repeated.
                        RawClient.exchange(mixed, "POST", "", QUESTION);
                    }
                    return RawClient.exchange(sound, "POST", "", QUESTION).text();
                })
                .filter(text -> !text.equals(ROLE + TEXT + END))
                .toList();
    }
}
