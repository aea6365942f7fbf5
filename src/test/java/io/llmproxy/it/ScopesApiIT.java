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
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/** Scopes and limits are read and changed through the admin API, each change a version; a key tells when its scope is gone. */
class ScopesApiIT {
    private static final String STATIC = "sk-static-0123456789";
    private static final byte[] QUESTION = "{\"model\":\"m\",\"messages\":[]}".getBytes(StandardCharsets.UTF_8);

    private static FakeUpstream upstream;
    private static StoreNode node;

    private static String document(String scopes) {
        return """
                scopes:
                %s  - {name: idle, kind: org}
                  - {name: team/eu}
                  - {name: other}
                keys: [{name: static, key: sk-static-0123456789, scope: idle, limits: [{metric: requests, per: month, amount: 50}]}]
                http_server: {max_lag: 0, forwards: [{name: main, address: 127.0.0.1, port: 0, upstream_group: g}]}
                upstreams: [{name: u, url: "%s"}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(scopes, upstream.url());
    }

    private static final String SCOPES = """
              - {name: acme, kind: org, limits: [{metric: requests, per: month, amount: 8, zone: Europe/Berlin}]}
              - {name: search, parent: acme}
            """;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
        Path seed = Files.writeString(directory.resolve("seed.yaml"), document(SCOPES));
        node = StoreNode.start("seed: '" + seed + "'").awaitReady();
    }

    @AfterAll
    static void stop() {
        node.close();
        upstream.close();
    }

    private static Answer send(String method, String path, String headers, @Nullable Object body) throws IOException {
        byte[] bytes = body == null ? new byte[0] : new JsonMapper().writeValueAsBytes(body);
        return RawClient.exchange(
                URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1" + path),
                method,
                "Authorization: Bearer operators-token\r\nConnection: close\r\nContent-Type: application/json\r\n"
                        + headers,
                bytes);
    }

    private static Answer call(String method, String path, String headers, @Nullable Object body) throws IOException {
        Answer answer = send(method, path, headers, body);
        assertThat(ApiDocument.shared().problems(method, path.split("\\?", 2)[0], answer))
                .isEmpty();
        return answer;
    }

    private static JsonNode json(Answer answer) throws IOException {
        return new JsonMapper().readTree(answer.text());
    }

    private static JsonNode get(String path) throws IOException {
        Answer answer = call("GET", path, "", null);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return json(answer);
    }

    private static String match(long version) {
        return "If-Match: \"v" + version + "\"\r\n";
    }

    private static long active() {
        return node.standing().get("active").asLong();
    }

    /** Waits until what was made is served. */
    private static long made(Answer answer, int status) throws IOException {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        long version = json(answer).at("/version").asLong();
        assertThat(answer.header("ETag")).isEqualTo("\"v" + version + '"');
        node.awaitVersion(version, StoreNode.SOON);
        return version;
    }

    private static List<String> problems(Answer answer, int status) throws IOException {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        List<String> problems = new ArrayList<>();
        json(answer)
                .at("/problems")
                .forEach(problem -> problems.add(problem.at("/path").asText() + ": "
                        + problem.at("/message").asText()));
        return problems;
    }

    private static JsonNode scope(String name) throws IOException {
        return get("/scopes/" + name);
    }

    private static Map<String, Object> limit(String metric, String per, double amount) {
        return Map.of("metric", metric, "per", per, "amount", amount);
    }

    private static int ask(String key) {
        return RawClient.exchange(
                        URI.create("http://127.0.0.1:" + node.port + "/v1/chat/completions"),
                        "POST",
                        "Connection: close\r\nAuthorization: Bearer " + key + "\r\n",
                        QUESTION)
                .status();
    }

    @Test
    void aScopeIsAddedChangedAndRemoved() throws IOException {
        long before = active();
        Answer dry = call("POST", "/scopes?dry_run=true", "", Map.of("name", "fresh", "parent", "acme"));
        assertThat(json(dry).at("/valid").asBoolean()).as(dry.toString()).isTrue();
        assertThat(json(dry).at("/diff/changes/0/path").asText()).startsWith("scopes[fresh]");
        Answer added = call(
                "POST",
                "/scopes",
                "",
                Map.of(
                        "name",
                        "fresh",
                        "parent",
                        "acme",
                        "models",
                        List.of("m*"),
                        "limits",
                        List.of(limit("cost", "day", 2.5), limit("total", "hour", 20_000_000))));
        long version = made(added, 201);
        assertThat(version).isGreaterThan(before);
        assertThat(added.header("Location")).endsWith("/scopes/fresh");
        assertThat(scope("fresh").at("/kind").asText()).isEqualTo("team");
        assertThat(scope("fresh").at("/limits").toString())
                .isEqualTo("[{\"metric\":\"cost\",\"per\":\"day\",\"amount\":2.5,\"mode\":\"enforce\"},"
                        + "{\"metric\":\"total\",\"per\":\"hour\",\"amount\":20000000,\"mode\":\"enforce\"}]");
        assertThat(get("/config/versions").at("/versions/0/comment").asText()).isEqualTo("Add the scope fresh");
        assertThat(call("POST", "/scopes", "", Map.of("name", "fresh")).status())
                .isEqualTo(409);

        Map<String, Object> patch = new HashMap<>();
        patch.put("enabled", false);
        patch.put("models", null);
        long changed = made(call("PATCH", "/scopes/fresh", match(version), patch), 200);
        JsonNode fresh = scope("fresh");
        assertThat(fresh.at("/usable").asBoolean()).isFalse();
        assertThat(fresh.at("/unusable_because").asText()).isEqualTo("scope_disabled");
        assertThat(fresh.at("/models")).isEmpty();
        assertThat(fresh.at("/limits")).hasSize(2);

        made(call("DELETE", "/scopes/fresh", match(changed), null), 200);
        assertThat(call("GET", "/scopes/fresh", "", null).status()).isEqualTo(404);
        assertThat(call("DELETE", "/scopes/fresh", match(changed), null).status())
                .isEqualTo(404);
        JsonNode audit = get("/audit?action=scope.change").at("/entries/0");
        assertThat(audit.at("/object").asText()).as(audit.toString()).isEqualTo("fresh");
    }

    @Test
    void whatIsWrongIsToldWhereItStandsInTheScope() throws IOException {
        long version = active();
        assertThat(call("PATCH", "/scopes/search", "", Map.of("enabled", false)).status())
                .isEqualTo(428);
        assertThat(problems(call("PATCH", "/scopes/search", match(version), Map.of("parent", "nosuch")), 422))
                .singleElement()
                .satisfies(problem -> assertThat(problem).startsWith("parent: unknown scope 'nosuch'"));
        assertThat(problems(call("PATCH", "/scopes/acme", match(version), Map.of("parent", "search")), 422))
                .contains("parent: search (expected: a scope that is not itself below this one)");
        assertThat(problems(call("PATCH", "/scopes/search", match(version), Map.of("kind", "club")), 422))
                .containsExactly("kind: club (expected: org, team, project, user)");
        assertThat(problems(
                        call(
                                "PATCH",
                                "/scopes/search",
                                match(version),
                                Map.of("limits", List.of(limit("requests", "day", 1.5)))),
                        400))
                .containsExactly(
                        "limits[0].amount: 1.5 (expected: a whole number, because only a cost may have a fraction)");
        assertThat(problems(call("PATCH", "/scopes/search", match(version), Map.of("name", "other")), 400))
                .singleElement()
                .satisfies(problem -> assertThat(problem).startsWith("name: it cannot change"));
        assertThat(problems(call("POST", "/scopes", "", Map.of("name", "a\nb")), 400))
                .containsExactly("name: missing or not a name (expected: 1 to 200 characters on one line)");
        assertThat(problems(call("POST", "/scopes", "", Map.of("name", "a", "budget", 1)), 400))
                .hasSize(1);
        assertThat(problems(call("PATCH", "/scopes/search", "If-Match: \"k1\"\r\n", Map.of("enabled", false)), 400))
                .hasSize(1);
        assertThat(active()).isEqualTo(version);
    }

    @Test
    void changesOfOtherPartsDoNoHarmAndOfTheSameAreTold() throws IOException {
        long seen = active();
        long other = made(
                call("PATCH", "/scopes/other", match(seen), Map.of("limits", List.of(limit("requests", "day", 5)))),
                200);
        // Made from the version before, which this one does not undo.
        long both = made(call("PATCH", "/scopes/search", match(seen), Map.of("models", List.of("m", "n*"))), 200);
        assertThat(both).isGreaterThan(other);
        assertThat(scope("other").at("/limits/0/amount").asInt()).isEqualTo(5);

        Answer stale = call("PATCH", "/scopes/other", match(seen), Map.of("enabled", false));
        assertThat(stale.status()).as(stale.toString()).isEqualTo(412);
        assertThat(json(stale).at("/current").asLong()).isEqualTo(both);
        assertThat(json(stale).at("/theirs/changes").toString()).contains("scopes[other].limits");
        assertThat(json(stale).at("/yours/changes").toString()).contains("scopes[other].enabled");
        assertThat(call("PATCH", "/scopes/other", match(both + 1000), Map.of("enabled", false))
                        .status())
                .isEqualTo(412);
        assertThat(scope("other").at("/enabled").asBoolean()).isTrue();
        // Nothing changes.
        made(call("PATCH", "/scopes/other", match(both), Map.of("enabled", true)), 200);
    }

    @Test
    void aScopeThatIsUsedIsNotRemoved() throws IOException {
        String etag = match(active());
        assertThat(json(call("DELETE", "/scopes/acme", etag, null))
                        .at("/detail")
                        .asText())
                .isEqualTo("acme: still used by the scope search (expected: nothing that belongs to it)");
        assertThat(json(call("DELETE", "/scopes/idle", etag, null))
                        .at("/detail")
                        .asText())
                .contains("the key static");
        // A slash in a name stands as it is; the document's paths do not know that.
        Answer gone = send("DELETE", "/scopes/team/eu", match(active()), null);
        made(gone, 200);
        assertThat(send("GET", "/scopes/team/eu", "", null).status()).isEqualTo(404);
    }

    @Test
    void limitsTellWhatIsUsedAndHowItCameToThat() throws IOException {
        for (int i = 0; i < 3; i++) {
            assertThat(ask(STATIC)).isEqualTo(200);
        }
        JsonNode limits = get("/limits");
        assertThat(limits.at("/shared").asBoolean()).isFalse();
        assertThat(limits.at("/writable").asBoolean()).isTrue();
        JsonNode key = null;
        for (JsonNode limit : limits.at("/limits")) {
            if (limit.at("/subject/kind").asText().equals("key")) {
                key = limit;
            }
        }
        Objects.requireNonNull(key, "the limit of the key");
        assertThat(key.at("/subject/name").asText()).isEqualTo("static");
        assertThat(key.at("/used").asInt()).isEqualTo(3);
        assertThat(key.at("/left").asInt()).isEqualTo(47);
        assertThat(key.at("/full_at").asText()).endsWith("T00:00:00Z");
        String path = "/limits/" + key.at("/id").asText();
        Awaitility.await().until(() -> get(path).at("/points").size() >= 2);
        JsonNode course = get(path);
        assertThat(course.at("/from").asText()).endsWith("T00:00:00Z");
        assertThat(course.at("/to").asText()).isEqualTo(key.at("/full_at").asText());
        assertThat(course.at("/points/" + (course.at("/points").size() - 1) + "/used")
                        .asInt())
                .isEqualTo(3);
        assertThat(call("GET", "/limits/nosuch", "", null).status()).isEqualTo(404);
    }

    @Test
    void limitsForAllClientsAreReplaced() throws IOException {
        long version = active();
        assertThat(call("PUT", "/limits", "", Map.of("limits", List.of())).status())
                .isEqualTo(428);
        assertThat(problems(call("PUT", "/limits", match(version), Map.of()), 400))
                .containsExactly("limits: missing (expected: a list, which may be empty)");
        assertThat(problems(
                        call("PUT", "/limits", match(version), Map.of("limits", List.of(limit("input", "week", 1)))),
                        400))
                .containsExactly("limits[0].per: week (expected: second, minute, hour, day, month, total)");
        Map<String, Object> wanted = Map.of("limits", List.of(limit("output", "hour", 1000)));
        Answer dry = call("PUT", "/limits?dry_run=true", "", wanted);
        assertThat(json(dry).at("/valid").asBoolean()).isTrue();
        long made = made(call("PUT", "/limits", match(version), wanted), 200);
        JsonNode limits = get("/limits");
        assertThat(limits.at("/common").toString())
                .isEqualTo("[{\"metric\":\"output\",\"per\":\"hour\",\"amount\":1000,\"mode\":\"enforce\"}]");
        assertThat(limits.at("/limits/0/subject/kind").asText()).isEqualTo("gateway");
        assertThat(get("/limits/" + limits.at("/limits/0/id").asText()).at("/points"))
                .isEmpty();
        made(call("PUT", "/limits", match(made), Map.of("limits", List.of())), 200);
        assertThat(get("/limits").at("/common")).isEmpty();
    }

    private static JsonNode key(String id) throws IOException {
        return get("/keys/" + id);
    }

    private static void commit(String scopes) throws IOException {
        made(call("POST", "/config", match(active()), Map.of("text", document(scopes), "comment", "as a whole")), 201);
    }

    @Test
    void aKeyWhoseScopeIsGoneOrDisabledIsNotUsable() throws IOException {
        JsonNode issued = json(call("POST", "/keys", "", Map.of("name", "member", "scope", "search")));
        String id = issued.at("/key/id").asText();
        String secret = issued.at("/secret").asText();
        assertThat(issued.at("/key/usable").asBoolean()).isTrue();
        Awaitility.await().until(() -> ask(secret) == 200);
        assertThat(scope("search").at("/keys").asInt()).isEqualTo(1);
        assertThat(json(call("DELETE", "/scopes/search", match(active()), null))
                        .at("/detail")
                        .asText())
                .contains("1 issued keys");

        made(call("PATCH", "/scopes/acme", match(active()), Map.of("enabled", false)), 200);
        assertThat(key(id).at("/usable").asBoolean()).isFalse();
        assertThat(key(id).at("/unusable_because").asText()).isEqualTo("scope_disabled");
        assertThat(ask(secret)).isEqualTo(401);

        commit("");
        assertThat(key(id).at("/usable").asBoolean()).isFalse();
        assertThat(key(id).at("/unusable_because").asText()).isEqualTo("no_scope");
        assertThat(ask(secret)).isEqualTo(401);
        assertThat(get("/keys?q=member").at("/keys/0/unusable_because").asText())
                .isEqualTo("no_scope");

        commit(SCOPES);
        assertThat(key(id).at("/usable").asBoolean()).isTrue();
        assertThat(key(id).at("/unusable_because").isNull()).isTrue();
    }

    @ParameterizedTest
    @KindSource
    void aFileIsNotChanged(Deployment.Kind kind) throws IOException {
        Gateway gateway = new Gateway()
                .top("scopes: [{name: acme, kind: org, limits: [{metric: requests, per: day, amount: 9}]}]")
                .admin("token: operators-token")
                .upstream("u", upstream.url(), "")
                .group("g", "{name: u}", "")
                .forward("main", "g", "");
        try (Deployment deployment = Deployment.start(kind, gateway)) {
            String head =
                    "Authorization: Bearer operators-token\r\nConnection: close\r\nContent-Type: application/json\r\n";
            JsonNode scopes =
                    json(RawClient.exchange(deployment.admin("/admin/api/v1/scopes"), "GET", head, new byte[0]));
            assertThat(scopes.at("/writable").asBoolean()).isFalse();
            assertThat(scopes.at("/scopes/0/limits/0/amount").asInt()).isEqualTo(9);
            assertThat(json(RawClient.exchange(deployment.admin("/admin/api/v1/limits"), "GET", head, new byte[0]))
                            .at("/limits/0/subject/name")
                            .asText())
                    .isEqualTo("acme");
            Answer refused = RawClient.exchange(
                    deployment.admin("/admin/api/v1/scopes/acme"),
                    "PATCH",
                    head + "If-Match: \"v0\"\r\n",
                    "{\"enabled\":false}".getBytes(StandardCharsets.UTF_8));
            assertThat(refused.status()).isEqualTo(409);
            assertThat(json(refused).at("/code").asText()).isEqualTo("file_mode");
        }
    }
}
