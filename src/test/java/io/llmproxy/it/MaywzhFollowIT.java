package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.CommandRun;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The database of maywzh's llm-proxy goes on saying what is served: one with its tables and triggers, read by a user that may only read. */
class MaywzhFollowIT {
    /** What is promised is 3 seconds, on a machine that does nothing else. */
    private static final Duration WITHIN = StoreNode.SOON;

    private static final String CHANGES = """
            create table config_version (id integer primary key default 1 check (id = 1), version bigint not null default 0);
            insert into config_version values (1, 0);
            create function count_change() returns trigger as $$
            begin update config_version set version = version + 1 where id = 1; return new; end; $$ language plpgsql;
            create trigger of_providers after insert or update or delete on providers
                for each statement execute function count_change();
            create trigger of_credentials after insert or update or delete on credentials
                for each statement execute function count_change();
            create role reader login;
            grant select on schema_migrations, config_version, providers, credentials to reader;
            """;

    private static String credential(String key) {
        String digest = KeyDigest.of(key).configured().reveal().substring("sha256:".length());
        return "insert into credentials (credential_key, name) values ('" + digest + "', '" + key + "');";
    }

    private static String provider(FakeUpstream upstream) {
        return "insert into providers (provider_key, provider_type, api_base, api_key, model_mapping) values"
                + " ('main', 'openai', '" + upstream.url() + "/v1', 'sk-canary', '{\"m\": \"n\"}');";
    }

    private static void disable(PostgresServer server, String database, String name) {
        server.change(database, "update credentials set is_enabled = false where name = '" + name + "'");
    }

    private static String follow(String database) {
        return "key: a-key-of-this-node-alone, follow: {url: '" + database.replaceAll("[?].*", "") + "', user: reader}";
    }

    private static void awaitStatus(StoreNode node, String key, int status) {
        Awaitility.await()
                .atMost(WITHIN)
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> assertThat(node.ask(key).status()).isEqualTo(status));
    }

    private static JsonNode followed(StoreNode node) {
        return node.standing().path("followed");
    }

    private static String alarms(StoreNode node) {
        return node.call("GET", "/overview", "", Map.of()).text();
    }

    private static JsonNode json(Answer answer) {
        try {
            return new JsonMapper().readTree(answer.text());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatIsChangedThereIsServedHere() {
        try (PostgresServer server = PostgresServer.start();
                FakeUpstream one = FakeUpstream.start().otherwise(Behaviour.json("{\"from\":\"one\"}"));
                FakeUpstream two = FakeUpstream.start().otherwise(Behaviour.json("{\"from\":\"two\"}"))) {
            String database = server.database();
            server.change(
                    database,
                    MaywzhImportIT.TABLES + CHANGES + "insert into schema_migrations values (8, false);" + provider(one)
                            + credential("ann") + credential("bob") + credential("eve"));
            try (StoreNode node = StoreNode.start(follow(database)).awaitReady()) {
                awaitStatus(node, "ann", 200);
                awaitStatus(node, "bob", 200);
                assertThat(node.ask("stranger").status()).isEqualTo(401);
                JsonNode versions = json(node.call("GET", "/config/versions", "", Map.of()));
                assertThat(versions.at("/head/managed_by").asText()).isEqualTo("maywzh");
                assertThat(versions.at("/versions/0/author").asText()).isEqualTo("maywzh");
                assertThat(node.call("GET", "/config", "Accept: application/yaml\r\n", Map.of())
                                .text())
                        .doesNotContain("sk-canary");
                Answer refused = node.commit(versions.at("/head/version").asLong(), "upstreams: []");
                assertThat(json(refused).at("/code").asText())
                        .as(refused.toString())
                        .isEqualTo("managed");

                disable(server, database, "ann");
                awaitStatus(node, "ann", 401);
                server.change(
                        database, "update providers set api_base = '" + two.url() + "/v1' where provider_key = 'main'");
                Awaitility.await()
                        .atMost(WITHIN)
                        .untilAsserted(() -> assertThat(node.ask("bob").text()).contains("two"));

                // What cannot be carried over changes nothing, but who is revoked with it is.
                server.change(
                        database,
                        "begin; update providers set weight = 0; update credentials set is_enabled = false where name = 'eve'; commit");
                awaitStatus(node, "eve", 401);
                assertThat(node.ask("bob").text()).contains("two");
                assertThat(followed(node).at("/carried_over").asBoolean(true)).isFalse();
                assertThat(followed(node).at("/problems/0").asText()).contains("provider main", "weight");
                assertThat(alarms(node)).contains("followed_refused", "provider main");
                assertThat(node.process().log()).contains("cannot be carried over; the one before is served");
                server.change(database, "update providers set weight = 2");
                Awaitility.await()
                        .atMost(WITHIN)
                        .until(() -> followed(node).at("/carried_over").asBoolean());
                assertThat(alarms(node)).doesNotContain("followed_refused");
                assertThat(node.ask("eve").status()).isEqualTo(401);

                // While it is away, and after a start meanwhile, what it said last is served.
                server.kill();
                Awaitility.await()
                        .atMost(StoreNode.SOON)
                        .until(() -> followed(node).has("away_seconds"));
                assertThat(node.ask("bob").status()).isEqualTo(200);
                assertThat(alarms(node)).contains("followed_away");
                node.again();
                node.awaitReady();
                assertThat(node.ask("bob").text()).contains("two");
                assertThat(node.ask("eve").status()).isEqualTo(401);
                server.again();
                Awaitility.await()
                        .atMost(StoreNode.SOON)
                        .until(() -> !followed(node).has("away_seconds"));
                server.change(database, credential("new"));
                awaitStatus(node, "new", 200);

                // Without any credential, that system lets everybody in.
                server.change(database, "delete from credentials");
                awaitStatus(node, "bob", 401);
                awaitStatus(node, "new", 401);
                Awaitility.await()
                        .untilAsserted(() -> assertThat(node.process().log())
                                .contains("no credential is enabled in maywzh's database")
                                .doesNotContain("sk-canary"));
            }
        }
    }

    /** Two nodes of one store make one version of each change. */
    @Test
    void nodesOfOneStoreFollowTogether() {
        try (PostgresServer server = PostgresServer.start();
                FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"))) {
            String database = server.database();
            server.change(
                    database,
                    MaywzhImportIT.TABLES + CHANGES + "insert into schema_migrations values (8, false);"
                            + provider(upstream) + credential("ann") + credential("bob"));
            String store = "url: '" + server.database() + "', " + follow(database);
            try (StoreNode first = StoreNode.start(store);
                    StoreNode second = StoreNode.start(store)) {
                first.awaitReady();
                second.awaitReady();
                disable(server, database, "ann");
                awaitStatus(first, "ann", 401);
                awaitStatus(second, "ann", 401);
                assertThat(second.ask("bob").status()).isEqualTo(200);
                assertThat(json(first.call("GET", "/config/versions", "", Map.of()))
                                .at("/head/version")
                                .asLong())
                        .isEqualTo(2);
            }
        }
    }

    private static String begun(PostgresServer server, FakeUpstream upstream, String... credentials) {
        String database = server.database();
        StringBuilder rows = new StringBuilder();
        for (String name : credentials) {
            rows.append(credential(name));
        }
        server.change(
                database,
                MaywzhImportIT.TABLES + CHANGES + "insert into schema_migrations values (8, false);"
                        + provider(upstream) + rows);
        return database;
    }

    private static void awaitCarriedOver(StoreNode node, boolean wanted) {
        Awaitility.await()
                .atMost(WITHIN)
                .untilAsserted(
                        () -> assertThat(followed(node).path("carried_over").asBoolean(!wanted))
                                .isEqualTo(wanted));
    }

    private static long head(StoreNode node) {
        return json(node.call("GET", "/config/versions", "", Map.of()))
                .at("/head/version")
                .asLong();
    }

    @Test
    void clientsAreRevokedAlsoWhereTheTablesAreNotKnown() {
        try (PostgresServer server = PostgresServer.start();
                FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"))) {
            String database = begun(server, upstream, "ann", "bob", "eve");
            try (StoreNode node = StoreNode.start(follow(database)).awaitReady()) {
                awaitStatus(node, "ann", 200);

                server.change(database, "update schema_migrations set version = 99");
                disable(server, database, "ann");
                awaitStatus(node, "ann", 401);
                assertThat(node.ask("bob").status()).isEqualTo(200);
                awaitCarriedOver(node, false);
                assertThat(followed(node).at("/problems/0").asText()).contains("version 99");
                assertThat(followed(node).has("away_seconds")).isFalse();
                assertThat(alarms(node)).contains("followed_refused").doesNotContain("followed_away");

                server.change(
                        database, "update schema_migrations set version = 8; revoke select on providers from reader");
                disable(server, database, "bob");
                awaitStatus(node, "bob", 401);
                Awaitility.await()
                        .atMost(WITHIN)
                        .untilAsserted(() -> assertThat(
                                        followed(node).at("/problems/0").asText())
                                .contains("permission denied for table providers"));
                assertThat(followed(node).has("away_seconds")).isFalse();

                server.change(
                        database, "grant select on providers to reader; update credentials set is_enabled = true");
                awaitCarriedOver(node, true);
                awaitStatus(node, "ann", 200);
                awaitStatus(node, "bob", 200);
            }
        }
    }

    @Test
    void anOverrideStaysUntilSomethingIsChangedThere() {
        try (PostgresServer server = PostgresServer.start();
                FakeUpstream one = FakeUpstream.start().otherwise(Behaviour.json("{\"from\":\"one\"}"));
                FakeUpstream two = FakeUpstream.start().otherwise(Behaviour.json("{\"from\":\"two\"}"))) {
            String database = begun(server, one, "ann", "bob");
            try (StoreNode node = StoreNode.start(follow(database)).awaitReady()) {
                awaitStatus(node, "ann", 200);
                String emergency = node.call("GET", "/config", "Accept: application/yaml\r\n", Map.of())
                        .text()
                        .replace(one.url().toString(), two.url().toString());
                Answer made = node.call(
                        "POST",
                        "/config?override=managed",
                        "If-Match: \"v" + head(node) + "\"\r\n",
                        Map.of("text", emergency));
                assertThat(made.status()).as(made.toString()).isEqualTo(201);
                Awaitility.await()
                        .atMost(WITHIN)
                        .untilAsserted(() -> assertThat(node.ask("ann").text()).contains("two"));
                long head = head(node);

                node.again();
                node.awaitReady();
                Awaitility.await()
                        .atMost(WITHIN)
                        .until(() -> followed(node).at("/version").asLong() > 0);
                assertThat(head(node)).isEqualTo(head);
                assertThat(node.ask("ann").text()).contains("two");

                disable(server, database, "bob");
                awaitStatus(node, "bob", 401);
                assertThat(node.ask("ann").text()).contains("one");
            }
        }
    }

    @Test
    void whatElseManagesTheConfigurationHidesNoProblem() {
        try (PostgresServer server = PostgresServer.start();
                FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"))) {
            String database = begun(server, upstream, "ann", "bob");
            try (StoreNode node = StoreNode.start(follow(database)).awaitReady()) {
                awaitStatus(node, "ann", 200);
                String text = node.call("GET", "/config", "Accept: application/yaml\r\n", Map.of())
                        .text();
                Answer made = node.call(
                        "POST",
                        "/config?override=managed",
                        "If-Match: \"v" + head(node) + "\"\r\n",
                        Map.of("text", text + "# by another\n", "managed_by", "git"));
                assertThat(made.status()).as(made.toString()).isEqualTo(201);

                server.change(
                        database,
                        "begin; update providers set weight = 0; update credentials set is_enabled = false where name = 'bob'; commit");
                awaitCarriedOver(node, false);
                assertThat(followed(node).at("/problems/0").asText()).contains("provider main", "weight");

                server.change(database, "update providers set weight = 2");
                Awaitility.await()
                        .atMost(WITHIN)
                        .untilAsserted(() -> assertThat(
                                        followed(node).at("/problems/0").asText())
                                .contains("managed by git"));
                Answer released = node.call("DELETE", "/config/manager", "", Map.of());
                assertThat(released.status()).as(released.toString()).isLessThan(300);
                awaitCarriedOver(node, true);
                awaitStatus(node, "bob", 401);
            }
        }
    }

    @Test
    void aKeyThatWasImportedBeforeIsRevokedWithItsCredential() throws IOException {
        try (PostgresServer server = PostgresServer.start();
                FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"))) {
            String database = begun(server, upstream, "ann", "bob");
            String store = server.database();
            Path directory = Artefacts.workDirectory("maywzh-before");
            Files.writeString(
                    directory.resolve("node.yaml"), "store: {url: '" + store + "', key: a-key-of-this-node-alone}\n");
            CommandRun imported =
                    CommandRun.in(directory, "import", "maywzh", "--jdbc", database, "--config", "node.yaml");
            assertThat(imported.code()).as(imported.output()).isZero();
            try (StoreNode node =
                    StoreNode.start("url: '" + store + "', " + follow(database)).awaitReady()) {
                awaitStatus(node, "ann", 200);
                Awaitility.await()
                        .atMost(WITHIN)
                        .until(() ->
                                node.process().log().contains("of the store is disabled: it is also a credential"));
                assertThat(node.ask("bob").status()).isEqualTo(200);

                server.change(database, "delete from credentials where name = 'ann'");

                awaitStatus(node, "ann", 401);
                assertThat(node.ask("bob").status()).isEqualTo(200);
            }
        }
    }

    /** A node that is late with what it has read changes nothing; a database that was restored is followed nevertheless. */
    @Test
    void aLowerVersionIsCarriedOverOnlyWhenItStays() {
        try (PostgresServer server = PostgresServer.start();
                FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"))) {
            String database = begun(server, upstream, "ann", "bob");
            try (StoreNode node = StoreNode.start(follow(database)).awaitReady()) {
                awaitStatus(node, "bob", 200);
                long head = head(node);
                server.change(
                        database,
                        "begin; delete from credentials where name = 'bob'; update config_version set version = 1; commit");
                Awaitility.await()
                        .atMost(WITHIN)
                        .until(() -> node.process().log().contains("is lower than version"));
                assertThat(head(node)).isEqualTo(head);
                assertThat(node.ask("bob").status()).isEqualTo(200);

                awaitStatus(node, "bob", 401);
            }
        }
    }
}
