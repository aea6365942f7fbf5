package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.ApiDocument;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.CommandRun;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys that are issued while launchers serve have scopes and limits, which operators change as they go. */
class IssuedLimitsIT {
    private static final Duration WITHIN = Duration.ofSeconds(3);
    private static final String STATIC = "sk-static-0123456789";
    private static final String SCOPES = """
            scopes:
              - {name: search, models: ["m*"], limits: [{metric: requests, per: month, amount: 5}]}
              - {name: shut, enabled: false}
            keys: [{name: static, key: sk-static-0123456789, scope: search}]
            """;
    private static final String NO_SCOPES = """
            keys: [{name: static, key: sk-static-0123456789}]
            """;

    private final FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        upstream.close();
    }

    private String document(String top) {
        return top + """
                http_server: {max_lag: 0, forwards: [{name: main, address: 127.0.0.1, port: 0, upstream_group: g}]}
                upstreams: [{name: u, url: "%s"}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(upstream.url());
    }

    private String seed() throws IOException {
        return "seed: '" + Files.writeString(directory.resolve("seed.yaml"), document(SCOPES)) + "'";
    }

    private static Answer call(StoreNode node, String method, String path, String headers, @Nullable Object body)
            throws IOException {
        URI uri = URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1" + path);
        byte[] bytes = body == null ? new byte[0] : new JsonMapper().writeValueAsBytes(body);
        Answer answer = RawClient.exchange(
                uri,
                method,
                "Authorization: Bearer operators-token\r\nConnection: close\r\nContent-Type: application/json\r\n"
                        + headers,
                bytes);
        assertThat(ApiDocument.shared().problems(method, path.split("\\?", 2)[0], answer))
                .isEmpty();
        return answer;
    }

    private static JsonNode json(Answer answer) throws IOException {
        return new JsonMapper().readTree(answer.text());
    }

    private static String path(JsonNode key) {
        return "/keys/" + key.at("/id").asText();
    }

    private record Issued(JsonNode key, String secret) {}

    private static Issued issue(StoreNode node, Map<String, ?> settings) throws IOException {
        Answer answer = call(node, "POST", "/keys", "", settings);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        Issued issued =
                new Issued(json(answer).at("/key"), json(answer).at("/secret").asText());
        // Neither takes anything of a limit: the scope does not allow the model.
        Awaitility.await()
                .atMost(WITHIN)
                .until(() -> settings.containsKey("limits")
                        ? !limits(node, issued.key()).isEmpty()
                        : ask(node, issued.secret(), "other").status() == 403);
        return issued;
    }

    private static Answer patch(StoreNode node, JsonNode key, Map<String, ?> patch) throws IOException {
        JsonNode now = json(call(node, "GET", path(key), "", null));
        return call(node, "PATCH", path(key), "If-Match: " + now.at("/etag").asText() + "\r\n", patch);
    }

    private static JsonNode changed(StoreNode node, JsonNode key, Map<String, ?> patch) throws IOException {
        Answer answer = patch(node, key, patch);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return json(answer);
    }

    private void configure(StoreNode node, long base, String top) throws IOException {
        Answer answer = call(
                node,
                "POST",
                "/config",
                "If-Match: \"v" + base + "\"\r\n",
                Map.of("text", document(top), "comment", "again " + base));
        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        node.awaitVersion(base + 1, StoreNode.SOON);
    }

    private static Map<String, Object> limit(String metric, String per, double amount) {
        return Map.of("metric", metric, "per", per, "amount", amount);
    }

    private static Answer ask(StoreNode node, String key, String model) {
        return RawClient.exchange(
                URI.create("http://127.0.0.1:" + node.port + "/v1/chat/completions"),
                "POST",
                "Connection: close\r\nAuthorization: Bearer " + key + "\r\n",
                ("{\"model\":\"" + model + "\",\"messages\":[]}").getBytes(StandardCharsets.UTF_8));
    }

    private static Answer ask(StoreNode node, String key) {
        return ask(node, key, "m");
    }

    private static int status(StoreNode node, String key) {
        return ask(node, key).status();
    }

    private static void awaitStatus(StoreNode node, String key, int status) {
        Awaitility.await().atMost(WITHIN).pollInterval(Duration.ofMillis(20)).until(() -> status(node, key) == status);
    }

    private static JsonNode limits(StoreNode node, JsonNode key) throws IOException {
        return json(call(node, "GET", path(key) + "/limits", "", null)).at("/limits");
    }

    /** Waits until the node has heard of a change. */
    private static void awaitAmount(StoreNode node, JsonNode key, int amount) {
        Awaitility.await().atMost(WITHIN).pollInterval(Duration.ofMillis(20)).until(() -> {
            JsonNode limits = limits(node, key);
            return limits.size() == 1 && limits.at("/0/amount").asInt() == amount;
        });
    }

    private static List<String> problems(Answer answer) throws IOException {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(400);
        List<String> problems = new ArrayList<>();
        json(answer)
                .at("/problems")
                .forEach(problem -> problems.add(problem.at("/path").asText() + ": "
                        + problem.at("/message").asText()));
        return problems;
    }

    @Test
    void whatIsNoLimitOrNoScopeIsRefused() throws IOException {
        try (StoreNode node = StoreNode.start(seed()).awaitReady()) {
            assertThat(problems(call(node, "POST", "/keys", "", Map.of("name", "x", "scope", "nosuch"))))
                    .containsExactly("scope: nosuch: no such scope (expected: search, shut)");
            assertThat(problems(call(node, "POST", "/keys", "", Map.of("name", "x", "scope", ""))))
                    .containsExactly("scope: not a name (expected: 1 to 200 characters on one line, or null)");
            List<?> wrong = List.of(limit("requests", "day", 0), limit("requests", "week", 1));
            assertThat(problems(call(node, "POST", "/keys", "", Map.of("name", "x", "limits", wrong))))
                    .containsExactly(
                            "limits[0].amount: 0 (expected: 0.000001 to 1000000000000000)",
                            "limits[1].per: week (expected: second, minute, hour, day, month, total)");
            assertThat(problems(
                            call(node, "POST", "/keys", "", Map.of("name", "x", "limits", List.of(Map.of("unit", 1))))))
                    .singleElement()
                    .satisfies(problem -> assertThat(problem).startsWith("limits[0].unit: unknown (expected: amount"));
            assertThat(json(call(node, "GET", "/keys?q=x", "", null)).at("/keys"))
                    .isEmpty();

            Issued issued = issue(node, Map.of("name", "x", "limits", List.of(limit("cost", "month", 10_000.25))));
            assertThat(issued.key().at("/limits/0/amount").toString()).isEqualTo("10000.25");
            assertThat(problems(patch(node, issued.key(), Map.of("scope", "nosuch"))))
                    .containsExactly("scope: nosuch: no such scope (expected: search, shut)");
            Answer dry = call(
                    node,
                    "POST",
                    "/keys?dry_run=true",
                    "",
                    Map.of("name", "y", "scope", "shut", "limits", List.of(limit("total", "hour", 20_000_000))));
            assertThat(json(dry).at("/limits/0").toString())
                    .isEqualTo("{\"metric\":\"total\",\"per\":\"hour\",\"amount\":20000000,\"mode\":\"enforce\"}");
            assertThat(json(call(node, "GET", "/scopes", "", null))
                            .at("/scopes/0/limits/0/amount")
                            .asInt())
                    .isEqualTo(5);
            assertThat(call(node, "GET", "/keys/nosuch/limits", "", null).status())
                    .isEqualTo(404);
        }
    }

    @Test
    void limitsHoldAndAreChangedWhileTheGatewayRuns() throws IOException {
        try (StoreNode node = StoreNode.start(seed()).awaitReady()) {
            Map<String, Object> warned = new HashMap<>(limit("requests", "month", 2));
            warned.put("warn_at", List.of(0.5));
            Issued issued = issue(node, Map.of("name", "Team A", "limits", List.of(warned)));
            String key = issued.secret();

            Answer first = ask(node, key);
            assertThat(first.status()).as(first.toString()).isEqualTo(200);
            assertThat(first.header("x-ratelimit-limit-requests")).isEqualTo("2");
            assertThat(first.header("x-ratelimit-remaining-requests")).isEqualTo("1");
            assertThat(status(node, key)).isEqualTo(200);
            Answer refused = ask(node, key);
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("insufficient_quota");
            assertThat(refused.header("x-should-retry")).isEqualTo("false");
            assertThat(Integer.parseInt(refused.header("Retry-After"))).isPositive();
            assertThat(refused.text()).contains("The limit of the API key 'Team A' is reached: 2 requests per month.");
            JsonNode left = limits(node, issued.key()).get(0);
            assertThat(left.at("/left").asInt()).isZero();
            assertThat(left.at("/refused").asInt()).isEqualTo(1);
            assertThat(left.at("/full_at").asText()).endsWith("-01T00:00:00Z");
            Awaitility.await()
                    .atMost(WITHIN)
                    .untilAsserted(() -> assertThat(node.process().log())
                            .containsPattern(
                                    "the API key 'Team A' has used (50|100) % of its limit: 2 requests per month"));
            assertThat(node.get("/metrics").text())
                    .contains("llmproxy_limit_amount{", "name=\"search\"")
                    .doesNotContain("Team A", issued.key().at("/id").asText());

            changed(node, issued.key(), Map.of("limits", List.of(limit("requests", "month", 3))));
            awaitAmount(node, issued.key(), 3);
            assertThat(status(node, key)).isEqualTo(200);
            assertThat(status(node, key)).isEqualTo(429);

            // Neither two reloads without a request, nor a new name, nor a new value gives any of it back.
            configure(node, 1, SCOPES + "\n");
            configure(node, 2, SCOPES + "\n\n");
            assertThat(limits(node, issued.key()).at("/0/left").asInt()).isZero();
            assertThat(status(node, key)).isEqualTo(429);
            JsonNode renamed = changed(node, issued.key(), Map.of("name", "Team B"));
            Answer turned = call(
                    node,
                    "POST",
                    path(renamed) + "/rotate",
                    "If-Match: " + renamed.at("/etag").asText() + "\r\n",
                    Map.of("grace_seconds", 600));
            String second = json(turned).at("/secret").asText();
            awaitStatus(node, second, 429);
            assertThat(ask(node, key).text()).contains("the API key 'Team B'");

            Map<String, Object> without = new HashMap<>();
            without.put("limits", null);
            assertThat(changed(node, renamed, without).at("/limits")).isEmpty();
            awaitStatus(node, key, 200);
            assertThat(ask(node, second).header("x-ratelimit-limit-requests")).isEmpty();
            assertThat(limits(node, renamed)).isEmpty();
        }
    }

    @Test
    void aScopeIsSharedAndAKeyWithoutItsScopeIsRefused() throws IOException {
        try (StoreNode node = StoreNode.start(seed()).awaitReady()) {
            Issued issued = issue(node, Map.of("name", "member", "scope", "search"));
            Issued shut = issue(node, Map.of("name", "shut", "limits", List.of(limit("requests", "day", 9))));
            String key = issued.secret();
            Answer other = ask(node, key, "other");
            assertThat(other.status()).isEqualTo(403);
            assertThat(other.header("X-LLMProxy-Error")).isEqualTo("model_not_allowed");

            assertThat(status(node, key)).isEqualTo(200);
            assertThat(status(node, STATIC)).isEqualTo(200);
            assertThat(status(node, key)).isEqualTo(200);
            assertThat(ask(node, STATIC).header("x-ratelimit-remaining-requests"))
                    .isEqualTo("1");
            assertThat(status(node, key)).isEqualTo(200);
            for (String one : List.of(key, STATIC)) {
                Answer refused = ask(node, one);
                assertThat(refused.status()).isEqualTo(429);
                assertThat(refused.text()).contains("The limit of 'search' is reached: 5 requests per month.");
            }
            changed(node, shut.key(), Map.of("scope", "shut"));
            awaitStatus(node, shut.secret(), 401);

            configure(node, 1, NO_SCOPES);
            Answer refused = ask(node, key);
            assertThat(refused.status()).isEqualTo(401);
            assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("invalid_api_key");
            assertThat(status(node, STATIC)).isEqualTo(200);
            assertThat(node.metrics().sum("llmproxy_auth_failures_total", "reason=\"no_scope\""))
                    .isEqualTo(1);
            // What the key had may stay; another that is not there may not be chosen.
            assertThat(changed(node, issued.key(), Map.of("explain", true))
                            .at("/scope")
                            .asText())
                    .isEqualTo("search");
            assertThat(problems(patch(node, issued.key(), Map.of("scope", "shut"))))
                    .containsExactly(
                            "scope: shut: no such scope (expected: null, because the configuration has no scopes)");
            Map<String, Object> without = new HashMap<>();
            without.put("scope", null);
            changed(node, issued.key(), without);
            awaitStatus(node, key, 200);
        }
    }

    private static CommandRun run(String... arguments) {
        return CommandRun.in(Artefacts.workDirectory("issued-limits-cli"), arguments);
    }

    @Test
    void everyNodeKnowsThemAlsoWithoutTheDatabaseAndTheyAreCarriedAlong() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            String url = server.database();
            String store = "url: '" + url + "', key: 0123456789abcdef, " + seed();
            try (StoreNode first = StoreNode.start(store);
                    StoreNode second = StoreNode.start(store)) {
                first.awaitReady();
                second.awaitReady();
                Issued issued = issue(
                        first,
                        Map.of("name", "carried", "scope", "search", "limits", List.of(limit("requests", "day", 1))));
                awaitStatus(second, issued.secret(), 200);
                assertThat(status(second, issued.secret())).isEqualTo(429);

                CommandRun export = run("keys", "export", "--store", url);
                assertThat(export.output())
                        .contains(
                                "\"scope\":\"search\",\"limits\":[{\"metric\":\"requests\",\"per\":\"day\",\"amount\":1,"
                                        + "\"mode\":\"enforce\"}]}");
                Path file = Files.writeString(directory.resolve("keys.jsonl"), export.output());
                String copy = directory.resolve("copy").toString();
                assertThat(run("keys", "import", file.toString(), "--store", copy, "--json"))
                        .isEqualTo(new CommandRun(0, "{\"added\":1,\"changed\":0,\"unchanged\":0,\"stored\":true}\n"));
                assertThat(run("keys", "export", "--store", copy)).isEqualTo(export);
                Files.writeString(
                        file, "{\"name\":\"a\",\"key\":\"sk-0123456\",\"limits\":[{\"metric\":\"requests\"}]}\n");
                CommandRun refused = run("keys", "import", file.toString(), "--store", copy);
                assertThat(refused.code()).isEqualTo(1);
                assertThat(refused.output()).startsWith(file + ":1: limits[0]");

                second.process().terminate();
                assertThat(second.process().exitCode(StoreNode.SOON)).isZero();
                server.kill();
                second.again();
                second.awaitReady();
                assertThat(status(second, issued.secret())).isEqualTo(200);
                assertThat(status(second, issued.secret())).isEqualTo(429);
            }
        }
    }
}
