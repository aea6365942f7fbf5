package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A node, and its database, are killed in the middle of a hundred commits through the admin API: what was acknowledged is there, what was
 * not is there whole or not at all, and what is served is one of the versions.
 */
class StoreKillIT {
    private static final int COMMITS = 100;
    private static final int KILLS = 3;
    private static final Pattern MODEL = Pattern.compile("\"model\":\"m-(\\d+)\"");

    private final FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
    private final AtomicLong acknowledged = new AtomicLong();

    @AfterEach
    void stop() {
        upstream.close();
    }

    private String document(long version) {
        return """
                http_server: {max_lag: 0, forwards: [{name: main, address: 127.0.0.1, port: 0, upstream_group: g}]}
                upstreams: [{name: u, url: "%s", models: {m: m-%d}}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(upstream.url(), version) + "# filled up\n".repeat(300);
    }

    /** Commits one version after the other, until something is in the way or the last one is there. */
    private void commit(StoreNode node) {
        try {
            for (long next = acknowledged.get() + 1; next <= COMMITS; next++) {
                if (node.commit(next - 1, document(next)).status() != 201) {
                    return;
                }
                acknowledged.set(next);
            }
        } catch (UncheckedIOException | AssertionError e) {
            // The node is gone in the middle of it.
            return;
        }
    }

    private void commitUntil(StoreNode node, long version, Runnable kill) throws InterruptedException {
        Thread editor = new Thread(() -> commit(node), "editor");
        editor.start();
        Awaitility.await()
                .atMost(StoreNode.SOON)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> acknowledged.get() >= version || !editor.isAlive());
        kill.run();
        editor.join();
        assertThat(acknowledged.get()).isGreaterThanOrEqualTo(version);
    }

    /** Looks at what is stored and served, and goes on from there. */
    private void check(StoreNode node) {
        long head = Awaitility.await()
                .atMost(StoreNode.SOON)
                .ignoreExceptions()
                .until(() -> version(node.call("GET", "/config/versions?limit=1", "", Map.of())), found -> found > 0);
        assertThat(head).isBetween(acknowledged.get(), acknowledged.get() + 1);
        assertThat(LongStream.rangeClosed(Math.max(1, head - 5), head)).allSatisfy(version -> {
            Answer stored = node.call("GET", "/config/versions/" + version, "", Map.of());
            assertThat(new JsonMapper().readTree(stored.text()).at("/text").asText())
                    .contains("m-" + version);
        });
        node.awaitVersion(head, StoreNode.SOON);
        assertThat(served(node)).isEqualTo(head);
        acknowledged.set(head);
    }

    /** Which version is served: an upstream is asked for a model that names it. */
    private long served(StoreNode node) {
        upstream.reset();
        assertThat(node.ask().status()).isEqualTo(200);
        Matcher model = MODEL.matcher(new String(upstream.requests().get(0).body(), StandardCharsets.UTF_8));
        assertThat(model.find()).isTrue();
        return Long.parseLong(model.group(1));
    }

    private static long version(Answer answer) throws IOException {
        return new JsonMapper()
                .readTree(answer.text())
                .at("/versions/0/version")
                .asLong();
    }

    @Test
    void aNodeThatIsKilledHasLostNothing() throws InterruptedException {
        try (StoreNode node = StoreNode.start("")) {
            node.awaitUp();
            for (int kill = 1; kill <= KILLS; kill++) {
                commitUntil(
                        node,
                        (long) COMMITS * kill / (KILLS + 1),
                        () -> node.process().kill());
                node.again();
                node.awaitReady();
                check(node);
            }
            commitUntil(node, COMMITS, () -> {});
            check(node);
        }
    }

    @Test
    void aDatabaseThatIsKilledHasLostNothing() throws InterruptedException {
        try (PostgresServer postgres = PostgresServer.start();
                StoreNode node = StoreNode.start("key: a-key-of-this-store, url: '" + postgres.database() + "'")) {
            node.awaitUp();
            for (int kill = 1; kill <= KILLS; kill++) {
                commitUntil(node, (long) COMMITS * kill / (KILLS + 1), postgres::kill);
                // Requests go on, with one of the versions.
                assertThat(served(node)).isBetween(1L, acknowledged.get() + 1);
                postgres.again();
                check(node);
            }
            commitUntil(node, COMMITS, () -> {});
            check(node);
        }
    }
}
