package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.ApiDocument;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;

/** A node is taken out of service, and put into it again, while it goes on with what it has. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NodeDrainIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final Map<String, Object> DRAINING = Map.of("state", "draining");

    private static PostgresServer postgres;
    private static String database;
    private static FakeUpstream upstream;
    private static StoreNode one;
    private static StoreNode two;

    @BeforeAll
    static void start() {
        postgres = PostgresServer.start();
        upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
        database = postgres.database();
        String url = "url: '" + database + "', node: ";
        one = StoreNode.start(url + "one").awaitUp();
        two = StoreNode.start(url + "two").awaitUp();
        assertThat(one.commit(0, """
                        http_server: {forwards: [{name: main, address: 127.0.0.1, upstream_group: g}]}
                        upstreams: [{name: u, url: "%s"}]
                        upstream_groups: [{name: g, upstreams: [{name: u}]}]
                        """.formatted(upstream.url())).status()).isEqualTo(201);
        one.awaitReady();
        two.awaitReady();
    }

    @AfterAll
    static void stop() {
        two.close();
        one.close();
        upstream.close();
        postgres.close();
    }

    private static Answer call(StoreNode node, String method, String path, Map<String, Object> body) {
        Answer answer = node.call(method, path, "", body);
        assertThat(ApiDocument.shared().problems(method, path, answer)).isEmpty();
        return answer;
    }

    private static JsonNode json(Answer answer) {
        try {
            return new JsonMapper().readTree(answer.text());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One of them as another tells it. */
    private static JsonNode told(StoreNode by, String name) {
        JsonNode nodes = json(call(by, "GET", "/nodes", Map.of())).at("/nodes");
        return StreamSupport.stream(nodes.spliterator(), false)
                .filter(node -> node.at("/name").asText().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void awaitReadiness(StoreNode node, int status) {
        Awaitility.await()
                .atMost(StoreNode.SOON)
                .until(() -> node.get("/health/ready").status() == status);
    }

    private static void awaitTold(String pointer, String value) {
        Awaitility.await()
                .atMost(StoreNode.SOON)
                .until(() -> told(two, "one").at(pointer).asText().equals(value));
    }

    @Test
    @Order(1)
    void whichNodeIsCalledDoesNotMatter() {
        CountDownLatch gate = new CountDownLatch(1);
        upstream.reset();
        upstream.otherwise(Behaviour.held(gate, Behaviour.json("{}")));
        CompletableFuture<Answer> open = CompletableFuture.supplyAsync(() -> one.ask());
        upstream.awaitRequest(CHAT);
        upstream.otherwise(Behaviour.json("{}"));

        String id = told(two, "one").at("/id").asText();
        Answer drained = call(two, "PUT", "/nodes/" + id + "/state", DRAINING);
        assertThat(drained.status()).isEqualTo(200);
        assertThat(json(drained).at("/drain/by").asText()).isEqualTo("operator");
        awaitReadiness(one, 503);
        awaitTold("/state", "draining");
        awaitTold("/in_flight", "1");
        assertThat(two.get("/health/ready").status()).isEqualTo(200);
        assertThat(one.get("/health/live").status()).isEqualTo(200);

        // What comes is served, and what is open goes on; it can be watched until nothing is left.
        assertThat(one.ask().status()).isEqualTo(200);
        assertThat(open).isNotDone();
        gate.countDown();
        assertThat(open.join().status()).isEqualTo(200);
        awaitTold("/in_flight", "0");

        assertThat(call(two, "DELETE", "/nodes/one/state", Map.of()).status()).isEqualTo(200);
        awaitReadiness(one, 200);
        awaitTold("/state", "ready");
        assertThat(told(one, "one").at("/drain").isNull()).isTrue();
        JsonNode note = json(call(two, "GET", "/audit", Map.of())).at("/entries/0");
        assertThat(note.at("/action").asText()).isEqualTo("node.drain");
        assertThat(note.at("/object").asText()).isEqualTo("one");
        assertThat(note.at("/before/drain/by").asText()).isEqualTo("operator");
        assertThat(one.process().log()).containsOnlyOnce("operators of all nodes: drain\n");
    }

    @Test
    @Order(2)
    void itIsNotKeptOverAStart() {
        assertThat(call(one, "PUT", "/nodes/this/state", DRAINING).status()).isEqualTo(200);
        assertThat(one.get("/health/ready").status()).isEqualTo(503);
        awaitTold("/drain/by", "operator");
        // A second time it changes nothing.
        assertThat(json(call(one, "PUT", "/nodes/this/state", DRAINING))
                        .at("/state")
                        .asText())
                .isEqualTo("draining");
        one.again();
        one.awaitReady();
        awaitTold("/state", "ready");
        assertThat(told(two, "one").at("/drain").isNull()).isTrue();
    }

    @Test
    @Order(3)
    void whatMakesNoSenseIsRefused() {
        assertThat(call(two, "PUT", "/nodes/unknown/state", DRAINING).status()).isEqualTo(404);
        assertThat(call(two, "DELETE", "/nodes/unknown/state", Map.of()).status())
                .isEqualTo(404);
        Answer off = call(two, "PUT", "/nodes/one/state", Map.of("state", "off"));
        assertThat(off.status()).isEqualTo(400);
        assertThat(off.text()).contains("expected: draining");
        // It is not drained: there is nothing to take back.
        assertThat(call(two, "DELETE", "/nodes/this/state", Map.of()).status()).isEqualTo(200);
        assertThat(two.get("/health/ready").status()).isEqualTo(200);
    }

    @Test
    @Order(4)
    void aNodeWithoutItsStoreIsDrainedByItselfAndTellsLater() {
        postgres.kill();
        one.awaitState("away");
        assertThat(call(one, "PUT", "/nodes/two/state", DRAINING).status()).isEqualTo(503);
        Answer drained = call(one, "PUT", "/nodes/this/state", DRAINING);
        assertThat(drained.status()).isEqualTo(200);
        assertThat(json(drained).at("/drain/by").asText()).isEqualTo("operator");
        assertThat(one.get("/health/ready").status()).isEqualTo(503);
        // A second time it is as wished already.
        assertThat(json(call(one, "PUT", "/nodes/this/state", DRAINING))
                        .at("/state")
                        .asText())
                .isEqualTo("draining");

        postgres.again();
        Awaitility.await()
                .atMost(StoreNode.SOON)
                .ignoreExceptions()
                .until(() -> told(two, "one").at("/drain/by").asText().equals("operator"));
        assertThat(one.get("/health/ready").status()).isEqualTo(503);
        assertThat(call(two, "DELETE", "/nodes/one/state", Map.of()).status()).isEqualTo(200);
        awaitReadiness(one, 200);
    }

    @Test
    @Order(5)
    void aNodeTellsAStoreThatHasLostItThatItIsDrained() {
        Awaitility.await()
                .atMost(StoreNode.SOON)
                .ignoreExceptions()
                .until(() -> call(two, "PUT", "/nodes/one/state", DRAINING).status() == 200);
        awaitReadiness(one, 503);
        String before = one.process().log();
        for (String lost : List.of(
                "update llmproxy.node set drain_boot = null, drain_author = null, drain_at = null",
                "delete from llmproxy.node")) {
            postgres.change(database, lost);
            Awaitility.await()
                    .atMost(StoreNode.SOON)
                    .ignoreExceptions()
                    .until(() -> told(two, "one").at("/drain/by").asText().equals("operator"));
        }
        assertThat(one.process().log().substring(before.length()))
                .contains("the database has lost that this node is drained")
                .doesNotContain("drain cancelled");
        assertThat(one.get("/health/ready").status()).isEqualTo(503);

        // What comes after is no loss: other nodes may take it back.
        postgres.change(database, "create table kept as select * from llmproxy.node");
        assertThat(call(two, "DELETE", "/nodes/one/state", Map.of()).status()).isEqualTo(200);
        awaitReadiness(one, 200);
        postgres.change(
                database,
                "update llmproxy.node n set drain_boot = k.drain_boot, drain_author = k.drain_author, drain_at = k.drain_at from kept k where n.id = k.id");
        Awaitility.await()
                .atMost(StoreNode.SOON)
                .until(() -> one.process().log().contains("the database has lost that this node is in service"));
        Awaitility.await()
                .atMost(StoreNode.SOON)
                .until(() -> told(two, "one").at("/drain").isNull());
        assertThat(one.get("/health/ready").status()).isEqualTo(200);
    }

    /** The clocks of two databases differ, and the one that takes over may be behind. */
    @Test
    @Order(6)
    void whatIsSaidByAnEarlierClockHolds() {
        postgres.change(
                database,
                "update llmproxy.node set drain_boot = boot, drain_author = 'x', drain_at = drain_at - interval '1 hour' where name = 'one'");
        awaitReadiness(one, 503);
        assertThat(told(two, "one").at("/drain/by").asText()).isEqualTo("x");
        postgres.change(
                database,
                "update llmproxy.node set drain_boot = null, drain_author = null, drain_at = drain_at - interval '1 hour' where name = 'one'");
        awaitReadiness(one, 200);
    }

    @ParameterizedTest
    @KindSource
    void withAFileANodeIsDrainedByItsOwnApi(Deployment.Kind kind) {
        try (FakeUpstream other = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                Deployment deployment = Deployment.start(
                        kind,
                        new Gateway().single("main", other.url(), "", "", "").admin("token: operators-token"))) {
            URI state = deployment.admin("/admin/api/v1/nodes/this/state");
            assertThat(alone(state, "PUT", "{\"state\":\"draining\"}")
                            .at("/state")
                            .asText())
                    .isEqualTo("draining");
            assertThat(ready(deployment)).isEqualTo(503);
            Answer served = RawClient.exchange(
                    deployment.forward("main", CHAT), "POST", "", "{}".getBytes(StandardCharsets.UTF_8));
            assertThat(served.status()).isEqualTo(200);
            assertThat(served.header("Connection")).isEqualTo("close");

            assertThat(alone(state, "DELETE", "").at("/state").asText()).isEqualTo("ready");
            assertThat(ready(deployment)).isEqualTo(200);
        }
    }

    private static int ready(Deployment deployment) {
        return RawClient.exchange(deployment.admin("/health/ready"), "GET", "Connection: close\r\n", new byte[0])
                .status();
    }

    private static JsonNode alone(URI state, String method, String body) {
        return json(RawClient.exchange(
                state,
                method,
                "Connection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer operators-token\r\n",
                body.getBytes(StandardCharsets.UTF_8)));
    }
}
