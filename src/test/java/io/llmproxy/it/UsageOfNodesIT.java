package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.ApiDocument;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** What nodes of one store have used is added up there, once, whatever becomes of them and of the store. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class UsageOfNodesIT {
    private static final Path DIRECTORY = Artefacts.workDirectory("usage-of-nodes");
    private static PostgresServer postgres;
    private static FakeUpstream upstream;
    private static StoreNode one;
    private static StoreNode two;
    private static int asked;

    @BeforeAll
    static void start() throws IOException {
        postgres = PostgresServer.start();
        upstream = FakeUpstream.start()
                .otherwise(Behaviour.json("{\"model\":\"m\",\"choices\":[],"
                        + "\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":10,\"total_tokens\":110}}"));
        Path prices = Files.writeString(DIRECTORY.resolve("prices.yaml"), """
                version: "1"
                currency: USD
                models: [{model: "*", per_million: {input: "1", output: "10"}}]
                """);
        String url = "url: '" + postgres.database() + "', node: ";
        one = StoreNode.start(url + "one").awaitUp();
        two = StoreNode.start(url + "two").awaitUp();
        assertThat(one.commit(0, """
                        http_server: {forwards: [{name: main, address: 127.0.0.1, upstream_group: g}]}
                        upstreams: [{name: u, url: "%s", models: [m]}]
                        upstream_groups: [{name: g, upstreams: [{name: u}]}]
                        prices: %s
                        """.formatted(upstream.url(), prices)).status())
                .isEqualTo(201);
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

    private static void ask(StoreNode node, int times) {
        for (int index = 0; index < times; index++) {
            assertThat(node.ask().status()).isEqualTo(200);
            asked++;
        }
    }

    private static Answer usage(StoreNode node, String query) {
        Answer answer = node.call("GET", "/usage" + query, "", Map.of());
        assertThat(ApiDocument.shared().problems("GET", "/usage", answer)).isEmpty();
        return answer;
    }

    private static JsonNode told(StoreNode node, String query) {
        try {
            return new JsonMapper().readTree(usage(node, query).text());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void awaitAttempts(StoreNode node, String query, int attempts) {
        Awaitility.await()
                .atMost(StoreNode.SOON)
                .untilAsserted(
                        () -> assertThat(told(node, query).at("/total/attempts").asInt())
                                .isEqualTo(attempts));
    }

    @Test
    @Order(1)
    void nodesAreAddedUp() {
        ask(one, 3);
        ask(two, 2);

        awaitAttempts(one, "", 5);
        awaitAttempts(two, "?nodes=all&by=forward&step=hour", 5);
        JsonNode all = told(two, "");
        assertThat(all.at("/nodes").asText()).isEqualTo("all");
        assertThat(all.at("/source").asText()).isEqualTo("store");
        assertThat(all.at("/rows/0/name").asText()).isEqualTo("m");
        assertThat(all.at("/total/input_tokens").asInt()).isEqualTo(500);
        assertThat(all.at("/total/output_tokens").asInt()).isEqualTo(50);
        assertThat(all.at("/total/cost/0/amount").asText()).isEqualTo("0.001");
        JsonNode own = told(two, "?nodes=this");
        assertThat(own.at("/nodes").asText()).isEqualTo("this");
        assertThat(own.at("/source").asText()).isEqualTo("ledger");
        assertThat(own.at("/total/attempts").asInt()).isEqualTo(2);
        assertThat(one.call("GET", "/usage.csv?nodes=all", "", Map.of()).text())
                .contains("m,,5,0,500,0,50,0,0.001,USD,0");
        assertThat(usage(one, "?nodes=some").status()).isEqualTo(400);
    }

    @Test
    @Order(2)
    void aKilledNodeIsCountedOnceItIsBack() {
        ask(one, 4);
        // What is not written yet when a process is killed is lost to the ledger as well.
        awaitAttempts(one, "?nodes=this", 7);
        one.process().kill();
        ask(two, 1);

        one.again();
        one.awaitReady();

        awaitAttempts(two, "", asked);
        ask(one, 1);
        awaitAttempts(two, "", asked);
    }

    @Test
    @Order(3)
    void theFilesWaitWhileTheStoreIsAway() {
        postgres.kill();
        ask(one, 2);
        ask(two, 2);
        awaitAttempts(two, "?nodes=this", 5);
        Answer away = usage(two, "?nodes=all");
        assertThat(away.status()).as(away.text()).isEqualTo(503);
        Awaitility.await()
                .atMost(StoreNode.SOON)
                .until(() -> two.process().log().contains("what this node has used cannot be added to the store"));
        // Without the question for all, an operator sees at least what this node has used.
        assertThat(told(two, "").at("/nodes").asText()).isEqualTo("this");

        postgres.again();

        awaitAttempts(one, "?nodes=all", asked);
        awaitAttempts(two, "", asked);
        assertThat(told(two, "").at("/total/input_tokens").asInt()).isEqualTo(100 * asked);
        assertThat(two.process().log()).contains("what this node has used is added to the store");
    }

    @Test
    @Order(4)
    void aNodeThatStopsHasToldAll() {
        ask(one, 3);
        one.process().terminate();
        one.process().exitCode(StoreNode.SOON);

        awaitAttempts(two, "?nodes=all", asked);
    }
}
