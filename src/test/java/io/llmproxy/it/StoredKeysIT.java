package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.ApiDocument;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.CommandRun;
import io.llmproxy.testing.Digests;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Operators issue, change, rotate and revoke client keys while launchers serve, in H2 and in PostgreSQL. */
class StoredKeysIT {
    /** What is promised. */
    private static final Duration WITHIN = Duration.ofSeconds(3);

    private static final String BEARER = "Authorization: Bearer operators-token\r\n";
    private static final String LIMITED = "llmproxy_keys_feed_age_seconds";

    private final FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        upstream.close();
    }

    private String seed() throws IOException {
        String document = """
                keys: [{name: static, key: sk-static-0123456789}]
                http_server: {max_lag: 0, forwards: [{name: main, address: 127.0.0.1, port: 0, upstream_group: g}]}
                upstreams: [{name: u, url: "%s"}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(upstream.url());
        return "seed: '" + Files.writeString(directory.resolve("seed.yaml"), document) + "'";
    }

    private static Answer call(StoreNode node, String method, String path, String headers, @Nullable Object body)
            throws IOException {
        URI uri = URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1" + path);
        byte[] bytes = body == null ? new byte[0] : new JsonMapper().writeValueAsBytes(body);
        Answer answer = RawClient.exchange(
                uri, method, BEARER + "Connection: close\r\nContent-Type: application/json\r\n" + headers, bytes);
        assertThat(ApiDocument.shared().problems(method, path.split("\\?", 2)[0], answer))
                .isEmpty();
        return answer;
    }

    private static String digest(String key) {
        return Digests.sha256(key.getBytes(StandardCharsets.UTF_8));
    }

    private static JsonNode json(Answer answer) throws IOException {
        return new JsonMapper().readTree(answer.text());
    }

    private static String code(Answer answer) throws IOException {
        return answer.status() + " " + json(answer).at("/code").asText();
    }

    private static String match(JsonNode key) {
        return "If-Match: " + key.at("/etag").asText() + "\r\n";
    }

    private static String path(JsonNode key) {
        return "/keys/" + key.at("/id").asText();
    }

    /** The key and its secret. */
    private record Issued(JsonNode key, String secret) {
        static Issued of(Answer answer) throws IOException {
            JsonNode told = json(answer);
            return new Issued(told.at("/key"), told.at("/secret").asText());
        }
    }

    private static Issued issue(StoreNode node, Map<String, ?> settings) throws IOException {
        Answer answer = call(node, "POST", "/keys", "", settings);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        return Issued.of(answer);
    }

    private static JsonNode changed(StoreNode node, JsonNode key, Map<String, ?> patch) throws IOException {
        Answer answer = call(node, "PATCH", path(key), match(key), patch);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return json(answer);
    }

    private static Answer ask(StoreNode node, String headers, String model) {
        return RawClient.exchange(
                URI.create("http://127.0.0.1:" + node.port + "/v1/chat/completions"),
                "POST",
                "Connection: close\r\n" + headers,
                ("{\"model\":\"" + model + "\",\"messages\":[]}").getBytes(StandardCharsets.UTF_8));
    }

    private static int status(StoreNode node, String key) {
        return ask(node, "Authorization: Bearer " + key + "\r\n", "m").status();
    }

    private static void await(StoreNode node, String key, int status) {
        Awaitility.await().atMost(WITHIN).pollInterval(Duration.ofMillis(20)).until(() -> status(node, key) == status);
    }

    @Test
    void aKeyIsIssuedShownOnceChangedRotatedAndDeleted() throws IOException {
        try (StoreNode node = StoreNode.start(seed()).awaitReady()) {
            assertThat(status(node, "sk-static-0123456789")).isEqualTo(200);
            assertThat(code(call(node, "POST", "/keys", "", Map.of("nam", "x"))))
                    .isEqualTo("400 invalid_request");
            assertThat(code(call(node, "POST", "/keys", "", Map.of("name", "x", "forwards", List.of("nosuch")))))
                    .isEqualTo("400 invalid_request");
            assertThat(code(call(node, "POST", "/keys", "", Map.of("name", "Static"))))
                    .isEqualTo("409 conflict");
            Answer dry = call(node, "POST", "/keys?dry_run=true", "", Map.of("name", "x"));
            assertThat(dry.status()).isEqualTo(200);
            assertThat(dry.text()).doesNotContain("sk-");

            Map<String, Object> wanted =
                    Map.of("name", "Team A", "allowed_models", List.of("m"), "forwards", List.of("main"));
            Answer first = call(node, "POST", "/keys", "Idempotency-Key: 1\r\n", wanted);
            assertThat(first.status()).as(first.toString()).isEqualTo(201);
            Issued issued = Issued.of(first);
            assertThat(first.header("Location")).endsWith("/admin/api/v1" + path(issued.key()));
            assertThat(issued.secret())
                    .startsWith(issued.key().at("/hint").asText())
                    .hasSizeGreaterThan(40);
            await(node, issued.secret(), 200);
            assertThat(ask(node, "x-api-key: " + issued.secret() + "\r\n", "other")
                            .status())
                    .isEqualTo(403);

            Answer again = call(node, "POST", "/keys", "Idempotency-Key: 1\r\n", wanted);
            assertThat(again.status()).isEqualTo(200);
            assertThat(json(again).at("/secret").isNull()).isTrue();
            assertThat(json(again).at("/key/id")).isEqualTo(issued.key().at("/id"));
            assertThat(code(call(node, "POST", "/keys", "Idempotency-Key: 1\r\n", Map.of("name", "other"))))
                    .isEqualTo("409 conflict");
            assertThat(code(call(node, "POST", "/keys", "", wanted))).isEqualTo("409 conflict");

            String path = path(issued.key());
            assertThat(code(call(node, "PATCH", path, "", Map.of("enabled", false))))
                    .isEqualTo("428 precondition_required");
            assertThat(call(node, "PATCH", path + "?dry_run=true", match(issued.key()), Map.of("enabled", false))
                            .status())
                    .isEqualTo(200);
            JsonNode off = changed(node, issued.key(), Map.of("enabled", false));
            await(node, issued.secret(), 401);
            Answer late = call(node, "PATCH", path, match(issued.key()), Map.of("enabled", true));
            assertThat(code(late)).isEqualTo("412 precondition_failed");
            assertThat(json(late).at("/current/enabled").asBoolean()).isFalse();
            Map<String, Object> open = new HashMap<>();
            open.put("enabled", true);
            open.put("allowed_models", null);
            open.put("forwards", null);
            open.put("requests_per_second", 1);
            JsonNode on = changed(node, off, open);
            assertThat(on.at("/allowed_models")).isEmpty();
            Awaitility.await().atMost(WITHIN).until(() -> status(node, issued.secret()) == 429);

            Answer turned = call(node, "POST", path + "/rotate", match(on), Map.of("grace_seconds", 600));
            assertThat(turned.status()).as(turned.toString()).isEqualTo(200);
            Issued next = Issued.of(turned);
            JsonNode free =
                    new JsonMapper().readTree(call(node, "GET", path, "", null).text());
            assertThat(free.at("/previous_until").isNull()).isFalse();
            Map<String, Object> unlimited = new HashMap<>();
            unlimited.put("requests_per_second", null);
            JsonNode unbound = changed(node, free, unlimited);
            await(node, next.secret(), 200);
            assertThat(status(node, issued.secret())).isEqualTo(200);
            Answer over = call(node, "POST", path + "/rotate", match(unbound), Map.of());
            await(node, next.secret(), 401);
            Issued last = Issued.of(over);
            assertThat(status(node, last.secret())).isEqualTo(200);
            assertThat(status(node, issued.secret())).isEqualTo(401);

            assertThat(code(call(node, "DELETE", path, "", null))).isEqualTo("428 precondition_required");
            assertThat(call(node, "DELETE", path + "?dry_run=true", match(last.key()), null)
                            .status())
                    .isEqualTo(204);
            assertThat(call(node, "DELETE", path, match(last.key()), null).status())
                    .isEqualTo(204);
            await(node, last.secret(), 401);
            assertThat(code(call(node, "GET", path, "", null))).isEqualTo("404 not_found");
            assertThat(node.process().log())
                    .contains(
                            "\"action\":\"key.issue\",\"object\":\"Team A\"", "key.change", "key.rotate", "key.delete")
                    .doesNotContain(issued.secret(), next.secret(), last.secret());
        }
    }

    @Test
    void keysAreListedPageByPageAndFound() throws IOException {
        try (StoreNode node = StoreNode.start(seed()).awaitReady()) {
            Issued one = issue(node, Map.of("name", "alpha", "expires_at", "2020-01-01T00:00:00Z"));
            issue(node, Map.of("name", "beta"));
            issue(node, Map.of("name", "Alpine"));

            JsonNode page = json(call(node, "GET", "/keys?limit=2", "", null));
            assertThat(page.at("/keys").findValuesAsText("name").stream()
                            .filter(name -> !name.isEmpty() && !name.equals("null")))
                    .containsExactly("static", "alpha", "Alpine");
            assertThat(page.at("/keys/1/usable").asBoolean()).isFalse();
            JsonNode rest =
                    json(call(node, "GET", "/keys?cursor=" + page.at("/next").asText(), "", null));
            assertThat(rest.at("/keys")).hasSize(1);
            assertThat(rest.at("/next").isNull()).isTrue();
            assertThat(json(call(node, "GET", "/keys?q=ALP", "", null)).at("/keys"))
                    .hasSize(2);
            assertThat(json(call(node, "GET", "/keys?digest=" + digest(one.secret()), "", null))
                            .at("/keys/0/name")
                            .asText())
                    .isEqualTo("alpha");
            assertThat(json(call(node, "GET", "/keys?digest=" + digest("sk-static-0123456789"), "", null))
                            .at("/keys/0/name")
                            .asText())
                    .isEqualTo("static");
            assertThat(code(call(node, "GET", "/keys?digest=12", "", null))).isEqualTo("400 invalid_request");
            assertThat(code(call(node, "GET", "/keys?cursor=%25", "", null))).isEqualTo("400 invalid_request");
            assertThat(json(call(node, "GET", "/overview", "", null))
                            .at("/counts/keys")
                            .asInt())
                    .isEqualTo(4);
            assertThat(status(node, one.secret())).isEqualTo(401);
        }
    }

    @Test
    void aRevokedKeyStopsOnEveryNodeAndTheDatabasesEndChangesNothingForKnownKeys() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            String store = "url: '" + server.database() + "', keys_stale_after: 2s, key: 0123456789abcdef, " + seed();
            try (StoreNode first = StoreNode.start(store);
                    StoreNode second = StoreNode.start(store)) {
                first.awaitReady();
                second.awaitReady();
                Issued kept = issue(first, Map.of("name", "kept", "max_concurrent", 5));
                Issued gone = issue(first, Map.of("name", "gone"));
                await(second, kept.secret(), 200);
                await(second, gone.secret(), 200);
                assertThat(second.metrics().sum(LIMITED)).isLessThan(30);

                changed(first, gone.key(), Map.of("enabled", false));
                await(first, gone.secret(), 401);
                await(second, gone.secret(), 401);

                server.kill();
                Awaitility.await().atMost(StoreNode.SOON).until(() -> status(second, "sk-unknown-0123456789") == 503);
                Answer unknown = ask(second, "Authorization: Bearer sk-unknown-0123456789\r\n", "m");
                assertThat(unknown.header("X-LLMProxy-Error")).isEqualTo("key_store_unavailable");
                assertThat(unknown.header("Retry-After")).isEqualTo("5");
                assertThat(json(unknown).at("/error/code").asText()).isEqualTo("key_store_unavailable");
                assertThat(status(second, kept.secret())).isEqualTo(200);
                assertThat(status(second, "sk-static-0123456789")).isEqualTo(200);
                assertThat(status(second, gone.secret())).isEqualTo(401);
                assertThat(second.metrics().sum(LIMITED)).isGreaterThan(2);
                assertThat(code(call(second, "GET", "/keys", "", null))).isEqualTo("503 store_unavailable");

                // Started while it is away, the node knows what it knew.
                second.process().terminate();
                assertThat(second.process().exitCode(StoreNode.SOON)).isZero();
                second.again();
                second.awaitReady();
                assertThat(status(second, kept.secret())).isEqualTo(200);
                assertThat(status(second, gone.secret())).isEqualTo(401);
                assertThat(status(second, "sk-unknown-0123456789")).isEqualTo(503);

                server.again();
                Awaitility.await().atMost(StoreNode.SOON).until(() -> status(second, "sk-unknown-0123456789") == 401);
            }
        }
    }

    /** A database that was made again: a new node seeds it, and it has never had a key. */
    @Test
    void clientsWithoutAKeyStayOutWhenTheStoreIsLostAndSeededAgain() throws IOException {
        try (PostgresServer server = PostgresServer.start()) {
            String url = server.database();
            Path seed = Files.writeString(directory.resolve("open.yaml"), """
                    http_server: {max_lag: 0, forwards: [{name: main, address: 127.0.0.1, port: 0, upstream_group: g}]}
                    upstreams: [{name: u, url: "%s"}]
                    upstream_groups: [{name: g, upstreams: [{name: u}]}]
                    """.formatted(upstream.url()));
            String store = "url: '" + url + "', key: 0123456789abcdef, seed: '" + seed + "'";
            try (StoreNode first = StoreNode.start(store).awaitReady();
                    StoreNode second = StoreNode.start(store).awaitReady()) {
                assertThat(first.ask().status()).isEqualTo(200);
                Issued key = issue(first, Map.of("name", "team"));
                await(second, key.secret(), 200);
                assertThat(second.commit(1, Files.readString(seed) + "# changed\n")
                                .status())
                        .isEqualTo(201);
                first.awaitVersion(2, StoreNode.SOON);
                assertThat(first.ask().status()).isEqualTo(401);

                server.change(url, "drop schema llmproxy cascade");
                try (StoreNode another = StoreNode.start(store).awaitReady()) {
                    another.awaitVersion(1, StoreNode.SOON);
                    for (StoreNode node : List.of(first, second)) {
                        Awaitility.await()
                                .atMost(StoreNode.SOON)
                                .until(() -> node.process().log().contains("the database has lost versions"));
                        assertThat(node.ask().status()).isEqualTo(401);
                        assertThat(status(node, key.secret())).isEqualTo(200);
                        assertThat(node.standing().at("/active").asLong()).isEqualTo(2);
                    }

                    second.again();
                    second.awaitReady();
                    Awaitility.await()
                            .atMost(StoreNode.SOON)
                            .until(() -> second.process().log().contains("the store was lost and seeded again"));
                    assertThat(second.ask().status()).isEqualTo(401);
                    assertThat(status(second, key.secret())).isEqualTo(200);
                }
            }
        }
    }

    private static CommandRun run(String... arguments) {
        return CommandRun.in(Artefacts.workDirectory("keys-cli"), arguments);
    }

    @Test
    void aHundredThousandKeysAreImportedAndServed() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            String url = server.database();
            Path file = directory.resolve("keys.jsonl");
            Files.writeString(
                    file,
                    IntStream.range(0, 100_000)
                            .mapToObj(i -> "{\"name\":\"team-" + i + "\",\"digest\":\"sha256:"
                                    + digest("sk-imported-" + i)
                                    + "\",\"allowed_models\":[\"m\"],\"requests_per_second\":100}")
                            .collect(Collectors.joining("\n")));
            assertThat(run("keys", "import", file.toString(), "--store", url, "--json"))
                    .isEqualTo(new CommandRun(0, "{\"added\":100000,\"changed\":0,\"unchanged\":0,\"stored\":true}\n"));
            try (StoreNode node = StoreNode.start("url: '" + url + "', key: 0123456789abcdef, " + seed())) {
                node.awaitReady();
                assertThat(status(node, "sk-imported-0")).isEqualTo(200);
                assertThat(status(node, "sk-imported-99999")).isEqualTo(200);
                assertThat(status(node, "sk-imported-100000")).isEqualTo(401);
                assertThat(json(call(node, "GET", "/keys?q=team-4242&limit=200", "", null))
                                .at("/keys"))
                        .hasSize(11);
                Issued issued = issue(node, Map.of("name", "one more"));
                await(node, issued.secret(), 200);
                Instant begin = Instant.now();
                node.again();
                node.awaitReady();
                assertThat(status(node, issued.secret())).isEqualTo(200);
                assertThat(status(node, "sk-imported-500")).isEqualTo(200);
                assertThat(Duration.between(begin, Instant.now())).isLessThan(StoreNode.SOON);
            }
            Files.writeString(file, "{\"name\":\"team-0\",\"key\":\"sk-another-0\"}\n{\"name\":1}\n");
            CommandRun refused = run("keys", "import", file.toString(), "--store", url);
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.output()).startsWith(file + ":2: digest: ").hasLineCount(1);
            Files.writeString(file, "{\"name\":\"team-0\",\"key\":\"sk-another-0\"}\n");
            refused = run("keys", "import", file.toString(), "--store", url, "--dry-run");
            assertThat(refused.output()).contains("team-0: the name is taken").doesNotContain("sk-another");
            CommandRun export = run("keys", "export", "--store", url);
            assertThat(export.code()).isZero();
            assertThat(export.output().lines())
                    .hasSize(100_001)
                    .first()
                    .satisfies(line -> assertThat(line).startsWith("{\"name\":\"one more\",\"digest\":\"sha256:"));
        }
    }

    @Test
    void wrongUsageIsTold() {
        for (String wrong : List.of("keys", "keys import", "keys export --dry-run")) {
            CommandRun result = run(wrong.split(" "));
            assertThat(result.code()).as(wrong).isEqualTo(2);
            assertThat(result.output()).as(wrong).startsWith("llmproxy: ").contains("(expected: ", "usage: ");
        }
        assertThat(run("keys", "--help").output()).contains("import", "export", "exit codes");
        assertThat(run("keys", "export", "--store", "nosuch").output()).contains("no such store");
        assertThat(run(
                                "keys",
                                "import",
                                "nosuch",
                                "--store",
                                directory.resolve("s").toString())
                        .output())
                .contains("no such file");
    }
}
