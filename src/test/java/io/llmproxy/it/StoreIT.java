package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.Secret;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.store.ConfigStore;
import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.store.Database;
import io.llmproxy.store.Databases;
import io.llmproxy.store.Draft;
import io.llmproxy.store.HeadMovedException;
import io.llmproxy.store.KeyRing;
import io.llmproxy.store.NodeReport;
import io.llmproxy.store.Nodes;
import io.llmproxy.store.Schema;
import io.llmproxy.store.SealingKey;
import io.llmproxy.store.SecretTable;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RemoteBeans;
import io.llmproxy.testing.UpstreamRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.postgresql.Driver;

/** Nodes whose configuration is in a store: real launchers on a real PostgreSQL. */
class StoreIT {
    /** What is promised. */
    private static final Duration WITHIN = Duration.ofSeconds(3);

    private static final Pattern OF_A_STORE =
            Pattern.compile("io\\.llmproxy\\.(store\\.|boot\\.Store)|com\\.zaxxer|org\\.(h2|postgresql|flywaydb)\\.");

    private static final String CANARY = "sk-canary";

    private static PostgresServer postgres;

    private final FakeUpstream one = FakeUpstream.start().otherwise(Behaviour.json("{\"from\":\"one\"}"));
    private final FakeUpstream two = FakeUpstream.start().otherwise(Behaviour.json("{\"from\":\"two\"}"));

    @TempDir
    private Path directory;

    private final AtomicReference<String> ports = new AtomicReference<>();
    private String url;
    private Database database;
    private ConfigStore versions;

    @BeforeAll
    static void startPostgres() {
        postgres = PostgresServer.start();
    }

    @AfterAll
    static void stopPostgres() {
        postgres.close();
    }

    @BeforeEach
    void open() {
        url = postgres.database();
        database = Databases.open(config(url), directory);
        versions = new ConfigStore(database);
    }

    @AfterEach
    void close() {
        database.close();
        one.close();
        two.close();
    }

    private static StoreConfig config(@Nullable String url) {
        return new StoreConfig(
                url,
                null,
                null,
                null,
                null,
                Duration.ofSeconds(2),
                Duration.ofSeconds(3),
                StoreConfig.Migrate.AUTO,
                null,
                List.of(),
                null,
                Duration.ofSeconds(60),
                Duration.ZERO,
                null);
    }

    private static String document(FakeUpstream upstream, String more) {
        return """
                http_server: {max_lag: 0, forwards: [{name: main, address: 127.0.0.1, port: 0, upstream_group: g}%s]}
                upstreams: [{name: u, url: "%s"}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(more, upstream.url());
    }

    private static Draft draft(String document, @Nullable Duration confirmWithin) {
        return Draft.plain(document, "ann", "a test", Origin.API, "test", null, confirmWithin);
    }

    private long commit(String document) throws HeadMovedException {
        return commit(document, null);
    }

    private long commit(String document, @Nullable Duration confirmWithin) throws HeadMovedException {
        return versions.commit(draft(document, confirmWithin), versions.head().version())
                .id();
    }

    private StoreNode node(String more) {
        return StoreNode.start("url: '" + url + "'" + (more.isEmpty() ? "" : ", " + more));
    }

    private String seed(String document) throws IOException {
        return "seed: '" + Files.writeString(directory.resolve("seed.yaml"), document) + "'";
    }

    private static String from(StoreNode node) {
        Answer answer = node.ask();
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.text();
    }

    @Test
    void theSameVersionIsServedEverywhereWithin3Seconds() throws Exception {
        String seed = seed(document(one, ""));
        try (StoreNode first = node(seed);
                StoreNode second = node(seed)) {
            first.awaitReady();
            second.awaitReady();
            assertThat(from(first)).contains("one");
            assertThat(from(second)).contains("one");
            assertThat(versions.history(Long.MAX_VALUE, 10)).singleElement().satisfies(version -> {
                assertThat(version.origin()).isEqualTo(Origin.SEED);
                assertThat(version.id()).isEqualTo(1);
            });

            long next = commit(document(two, ""));

            first.awaitVersion(next, WITHIN);
            second.awaitVersion(next, WITHIN);
            assertThat(from(first)).contains("two");
            assertThat(from(second)).contains("two");
            assertThat(first.metrics().sum("llmproxy_store_version", "state=\"active\""))
                    .isEqualTo(2);
            assertThat(first.metrics().sum("llmproxy_store_up")).isEqualTo(1);
            assertThat(first.get("/health").text()).contains("\"name\":\"store\"", "\"state\":\"current\"");
            Awaitility.await()
                    .atMost(StoreNode.SOON)
                    .until(() -> new Nodes(database)
                                    .live().stream()
                                            .filter(node -> node.active() == next)
                                            .count()
                            == 2);
        }
    }

    @Test
    void whatAnOperatorSaysOnOneNodeHoldsOnAll() throws Exception {
        String document = """
                http_server: {max_lag: 0, forwards: [{name: main, address: 127.0.0.1, port: 0, upstream_group: g}]}
                upstreams: [{name: u, url: "%s"}, {name: v, url: "%s"}]
                upstream_groups: [{name: g, balance: {strategy: failover}, upstreams: [{name: u}, {name: v}]}]
                """.formatted(one.url(), two.url());
        String seed = seed(document);
        try (StoreNode first = node(seed);
                StoreNode second = node(seed)) {
            first.awaitReady();
            second.awaitReady();
            assertThat(from(second)).contains("one");

            Answer said = operator(first, "PUT", "u/state", "{\"state\":\"draining\",\"reason\":\"maintenance\"}");
            assertThat(said.status()).as(said.toString()).isEqualTo(200);
            Awaitility.await().atMost(WITHIN).until(() -> from(second).contains("two"));
            assertThat(from(first)).contains("two");
            assertThat(operator(second, "GET", "u", "").text()).contains("maintenance");
            assertThat(operator(first, "PUT", "v/weight", "{\"group\":\"g\",\"weight\":7}")
                            .status())
                    .isEqualTo(200);

            second.again();
            second.awaitReady();
            Awaitility.await().atMost(WITHIN).until(() -> from(second).contains("two"));
            Awaitility.await()
                    .atMost(WITHIN)
                    .until(() -> operator(second, "GET", "v", "").text().contains("\"weight\":7"));

            // Who takes it back may ask any node.
            assertThat(operator(second, "DELETE", "u/state", "").status()).isEqualTo(200);
            Awaitility.await().atMost(WITHIN).until(() -> from(first).contains("one"));
        }
    }

    @Test
    void whatWasTakenBackWhileTheStoreWasAwayIsTakenBackForAllBySayingSoAgain() throws Exception {
        String document = """
                http_server: {max_lag: 0, forwards: [{name: main, address: 127.0.0.1, port: 0, upstream_group: g}]}
                upstreams: [{name: u, url: "%s"}, {name: v, url: "%s"}]
                upstream_groups: [{name: g, balance: {strategy: failover}, upstreams: [{name: u}, {name: v}]}]
                """.formatted(one.url(), two.url());
        String seed = seed(document);
        try (PostgresServer server = PostgresServer.start()) {
            url = server.database();
            try (StoreNode first = node(seed);
                    StoreNode second = node(seed)) {
                first.awaitReady();
                second.awaitReady();
                assertThat(operator(first, "PUT", "u/state", "{\"state\":\"draining\"}")
                                .status())
                        .isEqualTo(200);
                assertThat(operator(first, "PUT", "v/weight", "{\"group\":\"g\",\"weight\":7}")
                                .status())
                        .isEqualTo(200);
                Awaitility.await()
                        .atMost(StoreNode.SOON)
                        .until(() -> from(second).contains("two"));
                Awaitility.await()
                        .atMost(StoreNode.SOON)
                        .until(() -> operator(second, "GET", "v", "").text().contains("\"weight\":7"));

                server.kill();
                first.awaitState("away");
                assertThat(operator(first, "DELETE", "u/state", "").status()).isEqualTo(200);
                assertThat(operator(first, "DELETE", "v/weight?group=g", "").status())
                        .isEqualTo(200);
                assertThat(from(first)).contains("one");

                server.again();
                first.awaitState("current");
                second.awaitState("current");
                assertThat(from(first)).contains("one");
                assertThat(from(second)).contains("two");

                assertThat(operator(first, "DELETE", "u/state", "").status()).isEqualTo(200);
                assertThat(operator(first, "DELETE", "v/weight?group=g", "").status())
                        .isEqualTo(200);
                Awaitility.await()
                        .atMost(StoreNode.SOON)
                        .until(() -> from(second).contains("one"));
                Awaitility.await()
                        .atMost(StoreNode.SOON)
                        .until(() -> !operator(second, "GET", "v", "").text().contains("\"weight\":7"));
                assertThat(from(first)).contains("one");
            }
        }
    }

    private static Answer operator(StoreNode node, String method, String path, String body) {
        return RawClient.exchange(
                URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1/runtime/upstreams/" + path),
                method,
                "Connection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer operators-token\r\n",
                body.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aVersionThatOneNodeCannotServeIsToldAndServedByTheOther() throws Exception {
        try (StoreNode first = node(seed(document(one, "")));
                StoreNode second = node("")) {
            first.awaitReady();
            second.awaitReady();
            // A file that only the first node has, beside its own.
            Files.writeString(first.directory.resolve("mode"), "off");

            long next = commit(document(two, "") + "jmx: ${file:mode}\n");

            first.awaitVersion(next, WITHIN);
            second.awaitState("refused", WITHIN);
            assertThat(second.standing().get("active").asLong()).isEqualTo(1);
            assertThat(second.standing().get("nack").toString()).contains("v2:4: jmx: ");
            assertThat(second.metrics().sum("llmproxy_store_refused")).isEqualTo(1);
            assertThat(from(first)).contains("two");
            assertThat(from(second)).contains("one");
            assertThat(second.get("/health/ready").status()).isEqualTo(200);
            Awaitility.await()
                    .atMost(StoreNode.SOON)
                    .until(() -> new Nodes(database).live().stream().anyMatch(node -> node.refused(next)));

            long last = commit(document(two, ""));

            second.awaitVersion(last, WITHIN);
            assertThat(second.standing().get("nack")).isEmpty();
        }
    }

    /** It says something that this release does not know, and would not do. */
    @Test
    void aDocumentOfALaterReleaseIsRefused() throws Exception {
        try (StoreNode node = node(seed(document(one, "")))) {
            node.awaitReady();

            commit(document(two, "") + "later: {a: 1}\n");

            node.awaitState("refused", WITHIN);
            assertThat(node.standing().get("nack").toString()).contains("v2:4: later: unknown");
            assertThat(from(node)).contains("one");
        }
    }

    /** What a role of a scope reaches may be another thing in the version that a node refuses. */
    @Test
    void aNodeThatIsBehindLetsNobodyOfAScopeIn() throws Exception {
        String scopes = "scopes: [{name: search}, {name: ads}, {name: ranking, parent: %s}]\n";
        try (StoreNode first = node(seed(document(one, "") + scopes.formatted("search")));
                StoreNode second = node("")) {
            first.awaitReady();
            second.awaitReady();
            Answer token =
                    first.call("POST", "/tokens", "", Map.of("name", "lead", "role", "admin", "scope", "search"));
            assertThat(token.status()).as(token.toString()).isEqualTo(201);
            String lead = "Authorization: Bearer " + member(token, "/token") + "\r\n";
            Answer issued = first.call("POST", "/keys", "", Map.of("name", "of-ranking", "scope", "ranking"));
            assertThat(issued.status()).as(issued.toString()).isEqualTo(201);
            String key = "/keys/" + member(issued, "/key/id");
            assertThat(as(lead, second, "GET", key).status()).isEqualTo(200);

            Files.writeString(first.directory.resolve("mode"), "off");
            long next = commit(document(one, "") + scopes.formatted("ads") + "jmx: ${file:mode}\n");
            first.awaitVersion(next, WITHIN);
            second.awaitState("refused", WITHIN);

            assertThat(as(lead, first, "GET", key).status()).isEqualTo(404);
            for (String path : List.of("/keys", key, "/scopes", "/limits", "/usage")) {
                Answer refused = as(lead, second, "GET", path);
                assertThat(refused.status()).as(path + refused).isEqualTo(503);
                assertThat(member(refused, "/code")).isEqualTo("node_behind");
                assertThat(refused.header("Retry-After")).isEqualTo("5");
            }
            assertThat(as(lead + "If-Match: \"1\"\r\n", second, "DELETE", key).status())
                    .isEqualTo(503);
            assertThat(as(lead, second, "GET", "/session").status()).isEqualTo(200);
            assertThat(second.call("GET", key, "", Map.of()).status()).isEqualTo(200);

            second.awaitVersion(commit(document(one, "") + scopes.formatted("ads")), WITHIN);
            assertThat(as(lead, second, "GET", key).status()).isEqualTo(404);
            assertThat(as(lead, second, "GET", "/keys").status()).isEqualTo(200);
        }
    }

    private static Answer as(String who, StoreNode node, String method, String path) {
        return RawClient.exchange(
                URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1" + path),
                method,
                "Connection: close\r\n" + who,
                new byte[0]);
    }

    private static String member(Answer answer, String path) throws IOException {
        return new JsonMapper().readTree(answer.text()).at(path).asText();
    }

    @Test
    void aPortThatOneNodeCannotOpenIsToldAndAnotherVersionHelps() throws Exception {
        try (StoreNode node = node(seed(document(one, "")));
                ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            node.awaitReady();
            String more = ", {name: more, address: 127.0.0.1, port: " + taken.getLocalPort() + ", upstream_group: g}";

            long next = commit(document(two, more));

            node.awaitState("refused", WITHIN);
            JsonNode standing = node.standing();
            assertThat(standing.get("tried").asLong()).isEqualTo(next);
            assertThat(standing.get("nack").toString()).contains(Integer.toString(taken.getLocalPort()));
            assertThat(from(node)).contains("one");

            // Started again, it serves what it served, rather than nothing.
            node.again();
            node.awaitReady();
            assertThat(from(node)).contains("one");
            node.awaitState("refused");

            commit(document(two, ""));

            node.awaitState("current");
            assertThat(from(node)).contains("two");
        }
    }

    @Test
    void aVersionThatIsNotConfirmedGoesBack() throws Exception {
        try (StoreNode node = node(seed(document(one, "")))) {
            node.awaitReady();

            commit(document(two, ""), Duration.ofSeconds(2));
            node.awaitState("unconfirmed", WITHIN);
            assertThat(from(node)).contains("two");
            assertThat(node.standing().has("confirm_until")).isTrue();

            node.awaitVersion(3, StoreNode.SOON);
            assertThat(from(node)).contains("one");
            assertThat(versions.version(3).orElseThrow().origin()).isEqualTo(Origin.AUTO_ROLLBACK);

            long kept = commit(document(two, ""), Duration.ofSeconds(2));
            assertThat(versions.confirm(kept, AuditNote.plain("test", "command", "config.confirm")))
                    .isTrue();
            node.awaitVersion(kept, WITHIN);
            node.awaitState("current");
        }
    }

    @Test
    void aVersionThatMostNodesRefuseGoesBack() throws Exception {
        try (StoreNode node = node(seed(document(one, "")))) {
            node.awaitReady();

            commit(document(two, "") + "jmx: ${file:nosuch}\n", Duration.ofMinutes(10));

            node.awaitVersion(3, StoreNode.SOON);
            assertThat(from(node)).contains("one");
            assertThat(versions.version(3).orElseThrow().message()).contains("1 of 1 nodes refuse v2");
        }
    }

    @Test
    void aDatabaseThatIsKilledChangesNothingForTraffic() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            url = server.database();
            try (StoreNode node = node(seed(document(one, "")))) {
                node.awaitReady();
                node.awaitVersion(1, StoreNode.SOON);
                AtomicInteger asked = new AtomicInteger();
                AtomicBoolean stop = new AtomicBoolean();
                Thread traffic = new Thread(() -> {
                    while (!stop.get() && node.ask().status() == 200) {
                        asked.incrementAndGet();
                    }
                });
                traffic.start();

                server.kill();
                node.awaitState("away");
                int before = asked.get();
                Awaitility.await().atMost(StoreNode.SOON).until(() -> asked.get() > before + 20);
                assertThat(node.get("/health/ready").status()).isEqualTo(200);
                assertThat(node.get("/health").status()).isEqualTo(200);
                assertThat(node.metrics().sum("llmproxy_store_up")).isZero();

                // Started while it is away, it serves the last good configuration.
                stop.set(true);
                traffic.join(StoreNode.SOON.toMillis());
                assertThat(node.ask().status()).isEqualTo(200);
                node.again();
                node.awaitReady();
                assertThat(from(node)).contains("one");
                assertThat(node.standing().get("state").asText()).isEqualTo("away");

                server.again();
                node.awaitState("current");
                assertThat(node.process().log()).contains("answers; its head is v1");
            }
        }
    }

    @Test
    void aNodeWithoutAConfigurationWaitsAndRecovers() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            url = server.database();
            String seed = seed(document(one, ""));
            server.kill();
            try (StoreNode node = node(seed)) {
                node.awaitUp();

                assertThat(node.get("/health/ready").status()).isEqualTo(503);
                assertThat(node.get("/health/started").status()).isEqualTo(200);
                Answer answer = node.get("/v1/models");
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("no_configuration");
                assertThat(answer.header("Retry-After")).isEqualTo("5");
                assertThat(node.standing().get("state").asText()).isEqualTo("waiting");

                server.again();
                node.awaitReady();
                assertThat(from(node)).contains("one");
                assertThat(node.get("/v1/models").status()).isEqualTo(404);
            }
        }
    }

    @Test
    void aReloadTriesAgainWhatWasRefused() throws Exception {
        try (StoreNode node = node(seed(document(one, "")))) {
            node.awaitReady();
            long next = commit(document(two, "") + "jmx: ${file:mode}\n");
            node.awaitState("refused", WITHIN);
            Files.writeString(node.directory.resolve("mode"), "off");

            node.process().signal("HUP");

            node.awaitVersion(next, StoreNode.SOON);
            assertThat(from(node)).contains("two");
        }
    }

    /** What a dump of the database has, also as hexadecimal digits. */
    private String dump() throws SQLException {
        StringBuilder dump = new StringBuilder();
        try (Connection connection = Objects.requireNonNull(new Driver().connect(url, new Properties()));
                Statement statement = connection.createStatement()) {
            List<String> tables = new ArrayList<>();
            try (ResultSet row = statement.executeQuery(
                    "select table_name from information_schema.tables where table_schema = 'llmproxy'")) {
                while (row.next()) {
                    tables.add(row.getString(1));
                }
            }
            for (String table : tables) {
                try (ResultSet row = statement.executeQuery("select t::text from llmproxy." + table + " t")) {
                    while (row.next()) {
                        dump.append(row.getString(1)).append('\n');
                    }
                }
            }
        }
        return dump.toString();
    }

    private void assertNoCanary(String text) {
        assertThat(text)
                .doesNotContain(CANARY)
                .doesNotContain(HexFormat.of().formatHex(CANARY.getBytes(StandardCharsets.UTF_8)));
    }

    private static String key(FakeUpstream upstream) {
        List<UpstreamRequest> asked = upstream.requests("/v1/chat/completions");
        return asked.get(asked.size() - 1).head().value("Authorization").orElseThrow();
    }

    /** Cases 32, 34 and 35. */
    @Test
    void secretsFollowAndTheirKeyIsRotatedWhileNodesServe() throws Exception {
        AuditNote note = AuditNote.plain("ann", "command", "secret.test");
        KeyRing former = KeyRing.of(new Secret("the former key of all"));
        KeyRing both = new KeyRing(List.of(
                new SealingKey(new Secret("the coming key of all")),
                former.first().orElseThrow()));
        SecretTable secrets = new SecretTable(database);
        new Schema(database).migrate();
        secrets.put("vendor", new Secret(CANARY + "-vendor"), former, note);
        String literal = document(one, "")
                .replace("\"}]\nupstream_groups", "\", auth: {type: bearer, token: " + CANARY + "}}]\nupstream_groups");
        assertThat(literal).contains(CANARY);
        try (StoreNode first = node("key: the former key of all, " + seed(literal));
                StoreNode second = node("key: the coming key of all, old_keys: [the former key of all]")) {
            first.awaitReady();
            second.awaitReady();
            from(first);
            assertThat(key(one)).isEqualTo("Bearer " + CANARY);
            String stored = versions.version(1).orElseThrow().content();
            assertThat(stored).isEqualTo(literal.replace(CANARY, "\"${secret:upstreams/u/auth/token@1}\""));
            commit(stored.replace("upstreams/u/auth/token@1", "vendor"));
            first.awaitVersion(2, StoreNode.SOON);
            second.awaitVersion(2, StoreNode.SOON);

            secrets.put("vendor", new Secret(CANARY + "-next"), former, note);
            for (StoreNode node : List.of(first, second)) {
                Awaitility.await().atMost(StoreNode.SOON).untilAsserted(() -> {
                    from(node);
                    assertThat(key(one)).isEqualTo("Bearer " + CANARY + "-next");
                });
            }

            // The first node lacks the coming key: it says so, and goes on.
            secrets.rotate(both, false, note);
            first.awaitState("refused", StoreNode.SOON);
            assertThat(first.standing().get("nack").toString())
                    .contains("upstreams[0].auth.token: ${secret:vendor}: encrypted with the key "
                            + both.keys().get(0).id());
            assertThat(first.get("/health/ready").status()).isEqualTo(200);
            from(first);
            assertThat(key(one)).isEqualTo("Bearer " + CANARY + "-next");
            assertThat(second.standing().get("state").asText()).isEqualTo("current");
            Awaitility.await()
                    .atMost(StoreNode.SOON)
                    .until(() -> new Nodes(database).live().stream().anyMatch(node -> node.refused(2)));

            // Started again, it serves what it served.
            first.again();
            first.awaitReady();
            from(first);
            assertThat(key(one)).isEqualTo("Bearer " + CANARY + "-next");
            first.awaitState("refused", StoreNode.SOON);
            assertThat(first.process().log()).contains("this node serves v2, the last good configuration");

            // It is given the key.
            Path file = first.directory.resolve("node.yaml");
            Files.writeString(
                    file, Files.readString(file).replace("key: the former key of all", "key: the coming key of all"));
            first.process().signal("HUP");
            first.awaitState("current");

            for (StoreNode node : List.of(first, second)) {
                assertNoCanary(node.process().log());
                assertNoCanary(node.get("/health/detailed").text()
                        + node.get("/metrics").text());
                assertNoCanary(
                        Files.readString(node.directory.resolve("state/last-good.bin"), StandardCharsets.ISO_8859_1));
            }
            assertNoCanary(dump());
            assertThat(dump()).contains("${secret:vendor}");
        }
    }

    /** Case 34. */
    @Test
    void secretsAreNotStoredWithoutAKey() throws Exception {
        String literal = document(one, "")
                .replace("\"}]\nupstream_groups", "\", auth: {type: bearer, token: " + CANARY + "}}]\nupstream_groups");
        try (StoreNode node = node(seed(literal))) {
            // On a slow machine it waits for the store, and does not end.
            Awaitility.await()
                    .atMost(StoreNode.SOON)
                    .until(() -> node.process()
                            .log()
                            .contains("seed.yaml:2: upstreams[0].auth.token: a secret that cannot be encrypted:"
                                    + " this node has no key (expected: one in store.key)"));
            assertThat(node.process().log()).doesNotContain(CANARY);
        }
        assertThat(versions.head().version()).isZero();
    }

    @Test
    void twoNodesInOneDirectoryAreTwo() throws Exception {
        String shared = seed(document(one, "")) + ", directory: '" + directory.resolve("state") + "'";
        try (StoreNode first = node(shared);
                StoreNode second = node(shared)) {
            first.awaitReady();
            second.awaitReady();
            Awaitility.await()
                    .atMost(StoreNode.SOON)
                    .until(() -> new Nodes(database)
                                    .live().stream()
                                            .map(NodeReport::id)
                                            .distinct()
                                            .count()
                            == 2);
            assertThat(first.process().log() + second.process().log()).contains("in use by another node");
        }
    }

    @Test
    void h2NeedsNoSetUpAndIsKeptOverAStart() throws Exception {
        try (StoreNode node = StoreNode.start(seed(document(one, "")))) {
            node.awaitReady();
            assertThat(from(node)).contains("one");
            assertThat(node.directory.resolve("state/llmproxy.mv.db")).exists();
            assertThat(node.directory.resolve("state/ledger")).isDirectory();
            node.process().terminate();
            assertThat(node.process().exitCode(StoreNode.SOON)).isZero();
            try (Database file = Databases.open(config(null), node.directory.resolve("state"))) {
                new ConfigStore(file).commit(draft(document(two, "") + "jmx: operations\n", null), 1);
            }

            node.again();
            node.awaitReady();
            assertThat(from(node)).contains("two");
            assertThat(node.standing().get("active").asLong()).isEqualTo(2);
            try (RemoteBeans beans = RemoteBeans.of(node.process())) {
                beans.invoke(beans.name("type=Gateway"), "reload");
            }
            assertThat(from(node)).contains("two");

            try (StoreNode other = StoreNode.start("directory: '" + node.directory.resolve("state") + "'")) {
                assertThat(other.process().exitCode(StoreNode.SOON)).isEqualTo(1);
                assertThat(other.process().log()).contains("another process uses this store (expected: stop it first");
            }
        }
    }

    @Test
    void aNodesFileThatHoldsMoreIsRefused() throws Exception {
        try (StoreNode node = StoreNode.start("}\nupstreams: [{name: u, url: 'http://u'}]\nlog: {")) {
            assertThat(node.process().exitCode(StoreNode.SOON)).isEqualTo(1);
            assertThat(node.process().log()).contains("upstreams: not read beside a store", "`config import FILE`");
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource({Kind.TOMCAT, Kind.JETTY})
    void theWarFollowsTheStoreToo(Kind kind) throws Exception {
        Gateway gateway = new Gateway().single("main", one.url(), "", "", "");
        String node = "store: {url: '" + url + "', seed: seed.yaml, poll: 200ms}\n";
        Path[] base = new Path[1];
        try (Deployment deployment = Deployment.startPrepared(kind, gateway, container -> {
            base[0] = container;
            try {
                Files.move(container.resolve("gateway.yaml"), container.resolve("seed.yaml"));
                Files.writeString(container.resolve("gateway.yaml"), node);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        })) {
            URI chat = deployment.forward("main", "/v1/chat/completions");
            assertThat(RawClient.exchange(chat, "POST", "", new byte[] {'{', '}'})
                            .text())
                    .contains("one");

            long next = commit(Files.readString(base[0].resolve("seed.yaml")).replace(one.url(), two.url()));

            Awaitility.await()
                    .atMost(WITHIN)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> RawClient.exchange(deployment.admin("/health"), "GET", "", new byte[0])
                            .text()
                            .contains("\"active\":" + next));
            assertThat(RawClient.exchange(chat, "POST", "", new byte[] {'{', '}'})
                            .text())
                    .contains("two");
            assertThat(base[0].resolve("state/ledger")).isDirectory();
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource({Kind.TOMCAT})
    void theWarWaitsForItsStore(Kind kind) throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            String node = "store: {url: '" + server.database() + "', seed: seed.yaml, poll: 200ms, timeout: 1s}\n";
            server.kill();
            Gateway gateway = new Gateway().single("main", one.url(), "", "", "");
            AtomicReference<Deployment> started = new AtomicReference<>();
            Thread start = new Thread(() -> started.set(Deployment.startPrepared(kind, gateway, container -> {
                try {
                    String written = Files.readString(container.resolve("gateway.yaml"));
                    Files.writeString(container.resolve("seed.yaml"), written);
                    Files.writeString(container.resolve("gateway.yaml"), node);
                    ports.set(written);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            })));
            start.start();
            URI admin = URI.create("http://127.0.0.1:" + port("admin:.*port: (\\d+)"));
            Awaitility.await()
                    .atMost(StoreNode.SOON)
                    .ignoreExceptionsInstanceOf(UncheckedIOException.class)
                    .until(() -> RawClient.exchange(admin.resolve("/health/live"), "GET", "", new byte[0])
                                    .status()
                            == 200);

            URI forward = URI.create("http://127.0.0.1:" + port("name: .main., address: 127.0.0.1, port: (\\d+)"));
            Answer answer = RawClient.exchange(
                    forward.resolve("/v1/chat/completions"), "POST", "Connection: close\r\n", new byte[] {'{', '}'});
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("no_configuration");
            assertThat(RawClient.exchange(admin.resolve("/health/ready"), "GET", "", new byte[0])
                            .status())
                    .isEqualTo(503);

            server.again();
            start.join(StoreNode.SOON.toMillis());
            try (Deployment deployment = Objects.requireNonNull(started.get())) {
                assertThat(RawClient.exchange(
                                        deployment.forward("main", "/v1/chat/completions"), "POST", "", new byte[] {
                                            '{', '}'
                                        })
                                .text())
                        .contains("one");
            }
        }
    }

    private String port(String pattern) {
        String written = Awaitility.await().atMost(StoreNode.SOON).until(ports::get, text -> text != null);
        return Pattern.compile(pattern)
                .matcher(written)
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
    }

    @Test
    void noClassOfTheStoreIsLoadedWhileTheConfigurationIsAFile() throws IOException {
        Gateway gateway = new Gateway().single("main", one.url(), "", "", "");
        try (Deployment deployment =
                Deployment.start(Kind.LAUNCHER, gateway, "-Xshare:off", "-Xlog:class+load:file=classes.log")) {
            assertThat(RawClient.exchange(deployment.admin("/health"), "GET", "", new byte[0])
                            .text())
                    .doesNotContain("store");
            assertThat(RawClient.exchange(deployment.admin("/metrics"), "GET", "", new byte[0])
                            .text())
                    .doesNotContain("llmproxy_store");
            List<String> loaded = Files.readAllLines(deployment.config().resolveSibling("classes.log"));
            assertThat(loaded).anyMatch(line -> line.contains("io.llmproxy.boot.ProxyAssembly"));
            // What a package says of all its classes is looked at wherever beans may be.
            assertThat(loaded)
                    .filteredOn(OF_A_STORE.asPredicate())
                    .allMatch(line -> line.contains("io.llmproxy.store.package-info"));
        }
    }
}
