package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.CommandRun;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.PgBouncer;
import io.llmproxy.testing.PostgresServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Two nodes reach PostgreSQL by way of PgBouncer in transaction mode, with two connections for all: tables, commits, keys, backups. */
class PooledStoreIT {
    private static final int COMMITS = 20;

    private final Path directory = Artefacts.workDirectory("pooled-store");

    private static String document(FakeUpstream upstream, int number) {
        return """
                # number %d
                http_server: {max_lag: 0, forwards: [{name: main, address: 127.0.0.1, port: 0, upstream_group: g}]}
                upstreams: [{name: u, url: "%s", auth: {type: bearer, token: "sk-%d"}}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(number, upstream.url(), number);
    }

    @Test
    void nodesShareTwoConnections() throws IOException {
        try (PostgresServer postgres = PostgresServer.start();
                PgBouncer bouncer = PgBouncer.start(postgres.database());
                FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{\"from\":\"u\"}"))) {
            String store = "key: the-key-of-this-store, url: '" + bouncer.url() + "'";
            Files.writeString(directory.resolve("node.yaml"), "store: {" + store + "}\n", StandardCharsets.UTF_8);
            // It holds both connections; nodes that find tables need no second one.
            CommandRun migrated = run("db", "migrate");
            assertThat(migrated.output()).contains("no tables became version ");
            try (StoreNode one = StoreNode.start(store);
                    StoreNode two = StoreNode.start(store)) {
                one.awaitUp();
                two.awaitUp();
                for (int i = 1; i <= COMMITS; i++) {
                    StoreNode editor = i % 2 == 0 ? one : two;
                    Answer made = editor.commit(i - 1, document(upstream, i));
                    assertThat(made.status()).as(made.toString()).isEqualTo(201);
                }
                one.awaitVersion(COMMITS, StoreNode.SOON);
                two.awaitVersion(COMMITS, StoreNode.SOON);
                one.awaitReady();
                two.awaitReady();
                assertThat(two.ask().text()).contains("\"from\":\"u\"");

                Answer issued = one.call("POST", "/keys", "", Map.of("name", "team"));
                assertThat(issued.status()).as(issued.toString()).isEqualTo(201);
                JsonNode key = new JsonMapper().readTree(issued.text());
                Awaitility.await()
                        .atMost(Duration.ofSeconds(60))
                        .until(() -> two.ask(key.at("/secret").asText()).status() == 200
                                && two.ask().status() == 401);

                backUp();
                assertThat(one.process().log() + two.process().log())
                        .doesNotContain("prepared statement", "does not answer");
            }
            assertThat(bouncer.log()).doesNotContain("pooler error");
        }
    }

    private CommandRun run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--config", "node.yaml"));
        return CommandRun.in(directory, all.toArray(String[]::new));
    }

    private void backUp() {
        CommandRun backup = run("db", "backup", "a.backup");
        assertThat(backup.code()).as(backup.output()).isZero();
        assertThat(backup.output()).contains("the head v" + COMMITS + ", " + COMMITS + " versions");
        assertThat(run("audit", "verify").output()).startsWith("the audit is intact");
    }
}
