package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RequestLoad;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A stranger guesses passwords, ten thousand times, while the gateway serves: neither its clients nor its people notice. */
@Tag("measures")
class SignInFloodIT {
    private static final int GUESSES = 10_000;
    private static final int STRANGERS = 8;
    private static final String PASSWORD = "correct horse battery";

    /** One scheduler slice on a machine of two processors, on which guesses, clients and upstream run, too. */
    private static final Duration LATE = Duration.ofMillis(60);

    private static final String DOCUMENT = """
            http_server:
              max_lag: 0
              forwards: [{name: main, address: 127.0.0.1, port: 0, upstream_group: g}]
            upstreams: [{name: u, url: "%s"}]
            upstream_groups: [{name: g, upstreams: [{name: u}]}]
            log: {access: false}
            """;

    private final Map<Integer, AtomicInteger> statuses = new TreeMap<>();

    private static Answer signIn(StoreNode node, String from, String password) {
        return RawClient.exchange(
                session(node),
                "POST",
                "Connection: close\r\nContent-Type: application/json\r\nSec-Fetch-Site: same-origin\r\nX-LLMProxy-UI: 1\r\n"
                        + "X-Forwarded-For: " + from + "\r\n",
                body("ann", password));
    }

    private static URI session(StoreNode node) {
        return URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1/session");
    }

    private static byte[] body(String name, String password) {
        try {
            return new JsonMapper().writeValueAsBytes(Map.of("name", name, "password", password));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void guess(StoreNode node, AtomicInteger left) {
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        try {
            for (int guess = left.getAndDecrement(); guess > 0; guess = left.getAndDecrement()) {
                String name = guess % 2 == 0 ? "ann" : "person-" + guess;
                HttpRequest request = HttpRequest.newBuilder(session(node))
                        .header("Content-Type", "application/json")
                        .header("Sec-Fetch-Site", "same-origin")
                        .header("X-LLMProxy-UI", "1")
                        .header("X-Forwarded-For", "203.0.113.5")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body(name, "guess number " + guess)))
                        .build();
                int status = client.send(request, HttpResponse.BodyHandlers.discarding())
                        .statusCode();
                synchronized (statuses) {
                    statuses.computeIfAbsent(status, key -> new AtomicInteger()).incrementAndGet();
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static RequestLoad.Outcome served(StoreNode node, Runnable meanwhile) {
        URI chat = URI.create("http://127.0.0.1:" + node.port + "/v1/chat/completions");
        RequestLoad load = RequestLoad.start(chat, 4, Duration.ofMillis(5));
        meanwhile.run();
        RequestLoad.Outcome outcome = load.stop();
        assertThat(outcome.failed()).as(outcome.toString()).isZero();
        return outcome;
    }

    private static void seconds(int seconds) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(seconds + 5))
                .pollDelay(Duration.ofSeconds(seconds))
                .until(() -> true);
    }

    @Test
    void tenThousandGuessesSlowNoRequestAndLockNoPersonOut() {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.startFast("", ", trusted_proxies: [127.0.0.1]")) {
            node.awaitUp();
            assertThat(node.commit(0, DOCUMENT.formatted(upstream.url())).status())
                    .isEqualTo(201);
            node.awaitReady();
            Map<String, Object> ann = Map.of("name", "ann", "password", PASSWORD, "role", "viewer");
            assertThat(node.call("POST", "/users", "", ann).status()).isEqualTo(201);
            served(node, () -> seconds(2));
            RequestLoad.Outcome calm = served(node, () -> seconds(3));

            AtomicInteger left = new AtomicInteger(GUESSES);
            RequestLoad.Outcome beside = served(node, () -> {
                List<CompletableFuture<Void>> strangers = IntStream.range(0, STRANGERS)
                        .mapToObj(i -> CompletableFuture.runAsync(() -> guess(node, left)))
                        .toList();
                Awaitility.await().atMost(StoreNode.SOON).until(() -> left.get() < GUESSES / 2);
                Answer opened = signIn(node, "203.0.113.77", PASSWORD);
                assertThat(opened.status()).as(opened.toString()).isEqualTo(200);
                CompletableFuture.allOf(strangers.toArray(CompletableFuture[]::new))
                        .join();
            });

            // 503 where more than a few hashes would be made at a time.
            assertThat(statuses.keySet()).isSubsetOf(401, 429, 503);
            assertThat(statuses.getOrDefault(429, new AtomicInteger()).get()).isGreaterThan(GUESSES * 9 / 10);
            assertThat(statuses.values().stream().mapToInt(AtomicInteger::get).sum())
                    .isEqualTo(GUESSES);
            assertThat(signIn(node, "203.0.113.77", PASSWORD).status()).isEqualTo(200);
            assertThat(beside.p99())
                    .as(calm + " before, " + beside + " beside " + statuses)
                    .isLessThan(calm.p99().plus(LATE));
        }
    }
}
