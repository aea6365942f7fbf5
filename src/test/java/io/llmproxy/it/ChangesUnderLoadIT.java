package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.RequestLoad;
import io.llmproxy.testing.SsePacer;
import io.llmproxy.testing.StreamLoad;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Configuration, client keys and what operators say of upstreams change each second while requests and streams pass: none of them
 * notices. {@code -Dllmproxy.changes.seconds=60 -Dllmproxy.changes.rate=2000} for as long and as much as is promised.
 */
@Tag("measures")
class ChangesUnderLoadIT {
    private static final int SECONDS = Integer.getInteger("llmproxy.changes.seconds", 6);
    private static final int LEAST_PER_SECOND = Integer.getInteger("llmproxy.changes.rate", 10);
    private static final int CLIENTS = 8;
    private static final int STREAMS = 200;
    private static final Duration GAP = Duration.ofMillis(500);
    private static final String KEY = "Authorization: Bearer load-key-of-this-test\r\n";

    private static String document(FakeUpstream upstream, SsePacer pacer, int number) {
        return """
                # number %1$d
                keys: [{name: load, key: load-key-of-this-test}]
                http_server:
                  max_lag: 0
                  forwards:
                    - {name: main, address: 127.0.0.1, port: 0, upstream_group: streams, routing: [{path: /v1/x, target_group: plain}]}
                upstreams:
                  - {name: u, url: "%2$s"}
                  - {name: spare, url: "%2$s"}
                  - {name: extra-%1$d, url: "http://127.0.0.1:1"}
                  - {name: s, url: "%3$s"}
                upstream_groups:
                  - {name: plain, upstreams: [{name: u}, {name: spare}]}
                  - {name: streams, upstreams: [{name: s}]}
                  - {name: unused, upstreams: [{name: extra-%1$d}]}
                log: {access: false}
                """.formatted(number, upstream.url(), pacer.url());
    }

    /** Returns the key that it has issued; the one before is deleted. */
    private static JsonNode change(StoreNode node, int number, FakeUpstream upstream, SsePacer pacer, JsonNode before)
            throws IOException {
        Answer committed = node.commit(number, document(upstream, pacer, number + 1));
        assertThat(committed.status()).as(committed.toString()).isEqualTo(201);
        Answer issued = node.call("POST", "/keys", "", Map.of("name", "key-" + number));
        assertThat(issued.status()).as(issued.toString()).isEqualTo(201);
        if (before.has("id")) {
            String match = "If-Match: " + before.at("/etag").asText() + "\r\n";
            Answer deleted = node.call("DELETE", "/keys/" + before.at("/id").asText(), match, Map.of());
            assertThat(deleted.status()).as(deleted.toString()).isEqualTo(204);
        }
        Answer state = number % 2 == 1
                ? node.call("PUT", "/runtime/upstreams/spare/state", "", Map.of("state", "disabled"))
                : node.call("DELETE", "/runtime/upstreams/spare/state", "", Map.of());
        assertThat(state.status()).as(state.toString()).isEqualTo(200);
        return new JsonMapper().readTree(issued.text()).at("/key");
    }

    @Test
    void noRequestFailsAndNoStreamIsCut() throws IOException {
        int events = (int) (SECONDS * 1000L / GAP.toMillis());
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                SsePacer pacer = SsePacer.start(events, GAP);
                StoreNode node = StoreNode.startFast("")) {
            node.awaitUp();
            assertThat(node.commit(0, document(upstream, pacer, 1)).status()).isEqualTo(201);
            node.awaitReady();
            URI forward = URI.create("http://127.0.0.1:" + node.port);
            try (RequestLoad warm = RequestLoad.start(forward.resolve("/v1/x"), KEY, CLIENTS)) {
                Awaitility.await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
                assertThat(warm.stop().failed()).isZero();
            }
            StreamLoad streams = new StreamLoad(forward.resolve("/v1/chat/completions"), KEY, STREAMS);
            CompletableFuture<StreamLoad.Outcome> streaming = CompletableFuture.supplyAsync(
                    () -> streams.run(Duration.ofSeconds(1), Duration.ofSeconds(SECONDS + 20)));
            RequestLoad load = RequestLoad.start(forward.resolve("/v1/x"), KEY, CLIENTS);
            long begin = System.nanoTime();
            JsonNode key = new JsonMapper().createObjectNode();
            for (int second = 1; second <= SECONDS; second++) {
                long version = second + 1L;
                key = change(node, second, upstream, pacer, key);
                Awaitility.await()
                        .pollDelay(Duration.ofMillis(700))
                        .until(() -> node.standing().get("active").asLong() == version);
            }
            RequestLoad.Outcome outcome = load.stop();
            double seconds = (System.nanoTime() - begin) / 1e9;

            assertThat(outcome.failed()).as(outcome.toString()).isZero();
            StreamLoad.Outcome streamed = streaming.join();
            assertThat(streamed.broken()).as(streamed.toString()).isZero();
            assertThat(outcome.requests() / seconds).as(outcome.toString()).isGreaterThanOrEqualTo(LEAST_PER_SECOND);
        }
    }
}
