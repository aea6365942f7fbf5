package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.PostgresServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Three launchers on one PostgreSQL (cases 1, 6 and 29). */
class ThreeNodesIT {
    /** What is promised is 3 seconds, on a machine that does nothing else. */
    private static final Duration WITHIN = StoreNode.SOON;

    private static String document(FakeUpstream upstream, String more) {
        return """
                http_server: {max_lag: 0, forwards: [{name: main, address: 127.0.0.1, port: 0, upstream_group: g}%s]}
                upstreams: [{name: u, url: "%s"}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(more, upstream.url());
    }

    private static JsonNode json(Answer answer) throws IOException {
        return new JsonMapper().readTree(answer.text());
    }

    @Test
    void theyMigrateSeedAndFollowTogether() throws IOException {
        Path seed = Artefacts.workDirectory("three-nodes").resolve("seed.yaml");
        try (PostgresServer server = PostgresServer.start();
                FakeUpstream one = FakeUpstream.start().otherwise(Behaviour.json("{\"from\":\"one\"}"));
                FakeUpstream two = FakeUpstream.start().otherwise(Behaviour.json("{\"from\":\"two\"}"));
                ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Files.writeString(seed, document(one, ""));
            String store = "url: '" + server.database() + "', seed: '" + seed + "'";
            // All at once, on a database without tables.
            try (StoreNode first = StoreNode.start(store);
                    StoreNode second = StoreNode.start(store);
                    StoreNode third = StoreNode.start(store)) {
                List<StoreNode> nodes = List.of(first, second, third);
                for (StoreNode node : nodes) {
                    node.awaitReady();
                    node.awaitVersion(1, StoreNode.SOON);
                    assertThat(node.ask().text()).contains("one");
                    assertThat(node.process().log()).doesNotContain("ERROR");
                }
                JsonNode versions = json(first.call("GET", "/config/versions", "", Map.of()));
                assertThat(versions.at("/versions")).hasSize(1);

                Answer changed = second.commit(1, document(two, ""));
                assertThat(changed.status()).as(changed.toString()).isEqualTo(201);
                for (StoreNode node : nodes) {
                    node.awaitVersion(2, WITHIN);
                    assertThat(node.ask().text()).contains("two");
                }

                // One cannot open its port: it says so and goes on with the version before, and the others serve.
                for (StoreNode node : nodes) {
                    int port = node == third ? taken.getLocalPort() : Ports.free();
                    Files.writeString(node.directory.resolve("port"), Integer.toString(port));
                }
                String more = ", {name: more, address: 127.0.0.1, port: '${file:port}', upstream_group: g}";
                Answer refused = first.commit(2, document(one, more));
                assertThat(refused.status()).as(refused.toString()).isEqualTo(201);
                first.awaitVersion(3, WITHIN);
                second.awaitVersion(3, WITHIN);
                third.awaitState("refused", WITHIN);
                assertThat(first.ask().text()).contains("one");
                assertThat(second.ask().text()).contains("one");
                assertThat(third.ask().text()).contains("two");
                Awaitility.await().atMost(StoreNode.SOON).untilAsserted(() -> {
                    JsonNode activation = json(first.call("GET", "/config/versions/3/activation", "", Map.of()));
                    assertThat(activation.at("/active")).hasSize(2);
                    assertThat(activation.at("/nack/0/problems/0").asText())
                            .contains(Integer.toString(taken.getLocalPort()));
                });

                Answer last = third.commit(3, document(two, ""));
                assertThat(last.status()).as(last.toString()).isEqualTo(201);
                for (StoreNode node : nodes) {
                    node.awaitVersion(4, WITHIN);
                    node.awaitState("current", WITHIN);
                    assertThat(node.ask().text()).contains("two");
                }
            }
        }
    }
}
