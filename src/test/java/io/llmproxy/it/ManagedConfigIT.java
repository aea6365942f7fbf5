package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.ApiDocument;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.JavaCommand;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A tool manages the configuration: people leave it alone, unless an admin says so (case 16). */
class ManagedConfigIT {
    private static final String OPERATOR = "operators-token";
    private static final Duration SOON = Duration.ofSeconds(60);

    private final Path directory = Artefacts.workDirectory("managed");

    private static String document(FakeUpstream upstream, int weight) {
        return """
                http_server: {forwards: [{name: main, address: 127.0.0.1, upstream_group: g}]}
                upstreams: [{name: u, url: "%s"}]
                upstream_groups: [{name: g, upstreams: [{name: u, weight: %d}]}]
                scopes: [{name: team, kind: team}]
                """.formatted(upstream.url(), weight);
    }

    private static Answer call(
            StoreNode node, String token, String method, String path, String headers, Map<String, ?> body)
            throws IOException {
        Answer answer = RawClient.exchange(
                URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1" + path),
                method,
                "Connection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer " + token + "\r\n"
                        + headers,
                body.isEmpty() ? new byte[0] : new JsonMapper().writeValueAsBytes(body));
        assertThat(ApiDocument.shared().problems(method, path.split("\\?", 2)[0], answer))
                .isEmpty();
        return answer;
    }

    private static JsonNode json(Answer answer) throws IOException {
        return new JsonMapper().readTree(answer.text());
    }

    private static String code(Answer answer) throws IOException {
        return answer.status() + " " + json(answer).at("/code").asText();
    }

    private static Answer commit(
            StoreNode node, String token, long base, String query, String text, Map<String, ?> more)
            throws IOException {
        Map<String, Object> body = new HashMap<>(more);
        body.put("text", text);
        return call(node, token, "POST", "/config" + query, "If-Match: \"v" + base + "\"\r\n", body);
    }

    private static JsonNode head(StoreNode node) throws IOException {
        return json(call(node, OPERATOR, "GET", "/config/versions", "", Map.of()))
                .at("/head");
    }

    private static String token(StoreNode node, String role) throws IOException {
        return json(call(node, OPERATOR, "POST", "/tokens", "", Map.of("name", role, "role", role)))
                .at("/token")
                .asText();
    }

    private static List<String> acts(StoreNode node) throws IOException {
        List<String> acts = new ArrayList<>();
        for (JsonNode entry : json(call(node, OPERATOR, "GET", "/audit?limit=200", "", Map.of()))
                .at("/entries")) {
            acts.add(
                    0,
                    entry.at("/action").asText() + " " + entry.at("/object").asText() + " "
                            + entry.at("/outcome").asText() + " "
                            + entry.at("/actor").asText());
        }
        return acts;
    }

    /** {@code git_managed_head_blocks_ui}. */
    @Test
    void gitManagesTheHeadInH2() throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node =
                        StoreNode.start("", ", compat: [llmproxy, maywzh]").awaitUp()) {
            blocksPeople(node, upstream);
        }
    }

    @Test
    void gitManagesTheHeadInPostgres() throws IOException {
        try (PostgresServer server = PostgresServer.start();
                FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.start(
                                "url: '" + server.database() + "', key: a-key-of-all-the-nodes",
                                ", compat: [llmproxy, maywzh]")
                        .awaitUp()) {
            blocksPeople(node, upstream);
        }
    }

    private static void blocksPeople(StoreNode node, FakeUpstream upstream) throws IOException {
        String git = token(node, "editor");
        Map<String, String> byGit = Map.of("managed_by", "git");
        for (String name : List.of("", "none", "a b", "x".repeat(101))) {
            assertThat(code(commit(node, git, 0, "", document(upstream, 1), Map.of("managed_by", name))))
                    .isEqualTo("400 invalid_request");
        }
        Answer first = commit(node, git, 0, "", document(upstream, 1), byGit);
        assertThat(first.status()).as(first.toString()).isEqualTo(201);
        assertThat(json(first).at("/origin").asText()).isEqualTo("import");
        assertThat(head(node).at("/managed_by").asText()).isEqualTo("git");
        node.awaitReady();

        // People and other tools.
        Answer refused = commit(node, git, 1, "", document(upstream, 2), Map.of());
        assertThat(code(refused)).isEqualTo("409 managed");
        assertThat(json(refused).at("/detail").asText())
                .isEqualTo("The configuration is managed by git; nothing was changed (expected: a change there, or"
                        + " override=managed by a caller with the role admin).");
        assertThat(code(commit(node, OPERATOR, 1, "", document(upstream, 2), Map.of())))
                .isEqualTo("409 managed");
        assertThat(code(commit(node, OPERATOR, 1, "", document(upstream, 2), Map.of("managed_by", "argocd"))))
                .isEqualTo("409 managed");
        assertThat(code(commit(node, OPERATOR, 1, "?override=all", document(upstream, 2), Map.of())))
                .isEqualTo("400 invalid_request");
        String tag = call(node, git, "GET", "/upstreams/u", "", Map.of()).header("ETag");
        assertThat(code(call(
                        node, git, "PATCH", "/upstreams/u", "If-Match: " + tag + "\r\n", Map.of("headers", List.of()))))
                .isEqualTo("409 managed");
        assertThat(code(call(node, git, "POST", "/scopes", "", Map.of("name", "org", "kind", "org"))))
                .isEqualTo("409 managed");
        assertThat(code(call(node, git, "PUT", "/limits", "If-Match: \"v1\"\r\n", Map.of("limits", List.of()))))
                .isEqualTo("409 managed");
        Map<String, Object> members = Map.of("upstreams", List.of(Map.of("name", "u", "weight", 5)));
        compat(node, "/api/v1/upstream-groups/g", members);
        compat(node, "/admin/v1/providers/u/status", Map.of("enabled", false));
        assertThat(head(node).at("/version").asLong()).isEqualTo(1);

        // What is not part of the document, and what changes nothing.
        assertThat(commit(node, git, 1, "?dry_run=true", document(upstream, 2), Map.of())
                        .status())
                .isEqualTo(200);
        assertThat(call(node, git, "POST", "/keys", "", Map.of("name", "app")).status())
                .isEqualTo(201);
        assertThat(call(
                                node,
                                git,
                                "PUT",
                                "/runtime/upstreams/u/state",
                                "",
                                Map.of("state", "draining", "reason", "a test"))
                        .status())
                .isEqualTo(200);

        // An admin in an emergency, until the next import.
        assertThat(code(commit(node, git, 1, "?override=managed", document(upstream, 2), Map.of())))
                .isEqualTo("403 forbidden");
        assertThat(commit(node, OPERATOR, 1, "?override=managed", document(upstream, 2), Map.of())
                        .status())
                .isEqualTo(201);
        assertThat(call(
                                node,
                                OPERATOR,
                                "PUT",
                                "/limits?override=managed",
                                "If-Match: \"v2\"\r\n",
                                Map.of("limits", List.of(Map.of("metric", "requests", "per", "day", "amount", 9))))
                        .status())
                .isEqualTo(200);
        assertThat(head(node).at("/managed_by").asText()).isEqualTo("git");
        assertThat(commit(node, git, 3, "", document(upstream, 1), byGit).status())
                .isEqualTo(201);

        // What is not confirmed may be kept, and taken back, by people.
        Map<String, Object> unconfirmed = Map.of("managed_by", "git", "confirm_within", 600);
        assertThat(commit(node, git, 4, "", document(upstream, 3), unconfirmed).status())
                .isEqualTo(201);
        assertThat(code(call(node, git, "POST", "/config/rollback", "If-Match: \"v5\"\r\n", Map.of("version", 2))))
                .isEqualTo("409 managed");
        assertThat(call(node, git, "POST", "/config/rollback", "If-Match: \"v5\"\r\n", Map.of("version", 4))
                        .status())
                .isEqualTo(201);
        assertThat(commit(node, git, 6, "", document(upstream, 3), unconfirmed).status())
                .isEqualTo(201);
        assertThat(json(call(node, git, "POST", "/config/versions/7/confirm", "", Map.of()))
                        .at("/managed_by")
                        .asText())
                .isEqualTo("git");
        assertThat(code(call(node, git, "POST", "/config/rollback", "If-Match: \"v7\"\r\n", Map.of("version", 6))))
                .isEqualTo("409 managed");

        // Another tool takes over; then people.
        assertThat(code(call(node, git, "DELETE", "/config/manager", "", Map.of())))
                .isEqualTo("403 forbidden");
        assertThat(commit(
                                node,
                                OPERATOR,
                                7,
                                "?override=managed",
                                document(upstream, 4),
                                Map.of("managed_by", "https://git.example.com/gateway"))
                        .status())
                .isEqualTo(201);
        assertThat(head(node).at("/managed_by").asText()).isEqualTo("https://git.example.com/gateway");
        assertThat(code(commit(node, git, 8, "", document(upstream, 1), byGit))).isEqualTo("409 managed");
        assertThat(call(node, OPERATOR, "DELETE", "/config/manager", "", Map.of())
                        .status())
                .isEqualTo(204);
        assertThat(call(node, OPERATOR, "DELETE", "/config/manager", "", Map.of())
                        .status())
                .isEqualTo(204);
        assertThat(head(node).at("/managed_by").isNull()).isTrue();
        assertThat(commit(node, git, 8, "", document(upstream, 1), Map.of()).status())
                .isEqualTo(201);

        List<String> acts = acts(node);
        assertThat(acts)
                .contains(
                        "config.manage git done token:editor",
                        "config.commit  managed token:editor",
                        "scope.create org managed token:editor",
                        "config.manage https://git.example.com/gateway done operator",
                        "config.release https://git.example.com/gateway done operator");
        assertThat(acts.stream().filter(act -> act.equals("config.override git done operator")))
                .hasSize(3);
        Awaitility.await()
                .untilAsserted(() -> assertThat(node.process().log())
                        .contains("llmproxy.audit {\"action\":\"config.override\",\"object\":\"git\"")
                        .contains("llmproxy.audit {\"action\":\"config.manage\",\"object\":\"git\""));
    }

    private static void compat(StoreNode node, String path, Map<String, ?> body) throws IOException {
        Answer answer = RawClient.exchange(
                URI.create("http://127.0.0.1:" + node.admin + path),
                "PATCH",
                "Connection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer " + OPERATOR + "\r\n",
                new JsonMapper().writeValueAsBytes(body));
        assertThat(answer.status()).as(answer.toString()).isEqualTo(409);
        assertThat(answer.text()).contains("managed by git");
    }

    /** It goes back by itself as ever, and is managed as before. */
    @Test
    void anImportThatIsNotConfirmedGoesBack() throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.start("").awaitUp()) {
            assertThat(commit(node, OPERATOR, 0, "", document(upstream, 1), Map.of("managed_by", "git"))
                            .status())
                    .isEqualTo(201);
            node.awaitReady();
            assertThat(commit(
                                    node,
                                    OPERATOR,
                                    1,
                                    "",
                                    document(upstream, 2),
                                    Map.of("managed_by", "git", "confirm_within", 10))
                            .status())
                    .isEqualTo(201);
            node.awaitVersion(3, SOON);
            assertThat(head(node).at("/managed_by").asText()).isEqualTo("git");
            assertThat(code(commit(node, OPERATOR, 3, "", document(upstream, 2), Map.of())))
                    .isEqualTo("409 managed");
        }
    }

    private record Result(int code, String output) {}

    private Result run(String... arguments) {
        List<String> command = new ArrayList<>(JavaCommand.launcher());
        command.addAll(List.of(arguments));
        try (ServerProcess process = ServerProcess.start(directory, Map.of(), command)) {
            return new Result(process.exitCode(SOON), process.log());
        }
    }

    @Test
    void aJobImportsByTheCommand() throws IOException {
        String text = """
                http_server: {forwards: [{name: main, port: 3000, upstream_group: g}]}
                upstreams: [{name: one, url: "http://127.0.0.1:1"}]
                upstream_groups: [{name: g, upstreams: [{name: one}]}]
                """;
        Files.writeString(directory.resolve("one.yaml"), text);
        Files.writeString(directory.resolve("two.yaml"), text.replace(":1\"", ":2\""));
        Files.writeString(directory.resolve("config.yaml"), "store: {}\n");
        String hint = "llmproxy: the configuration is managed by git; nothing was changed (expected: a change there,"
                + " `config import --managed-by` by what manages it, or --override-managed)\n";

        assertThat(run("config", "import", "one.yaml").code()).isZero();
        assertThat(run("config", "import", "one.yaml", "--managed-by", "a b").code())
                .isEqualTo(2);
        assertThat(run("config", "import", "one.yaml", "--managed-by", "git"))
                .isEqualTo(
                        new Result(0, "one.yaml is what v1 says already; nothing was stored; it is managed by git\n"));
        assertThat(run("config", "import", "two.yaml")).isEqualTo(new Result(1, hint));
        assertThat(run("config", "import", "two.yaml", "--dry-run")).isEqualTo(new Result(1, hint));
        assertThat(run("config", "import", "two.yaml", "--managed-by", "argocd"))
                .isEqualTo(new Result(1, hint));
        assertThat(run("config", "import", "one.yaml", "--managed-by", "argocd"))
                .isEqualTo(new Result(1, hint));
        assertThat(run("config", "import", "two.yaml", "--managed-by", "git"))
                .isEqualTo(new Result(0, "two.yaml is v2 now\n"));
        assertThat(run("config", "rollback", "v1")).isEqualTo(new Result(1, hint));
        assertThat(run("config", "rollback", "v1", "--override-managed"))
                .isEqualTo(new Result(0, "what v1 says is v3 now\n"));
        assertThat(run("config", "history").output()).endsWith("the configuration is managed by git\n");
        assertThat(run("config", "history", "--json").output()).contains("\"managed_by\":\"git\"");
        assertThat(run("db", "status", "--json").output()).contains("\"managed_by\":\"git\"");

        // It is restored with the rest.
        assertThat(run("db", "backup", "a.backup").code()).isZero();
        assertThat(run("config", "import", "two.yaml", "--managed-by", "none"))
                .isEqualTo(new Result(0, "two.yaml is v4 now; git does not manage it any more\n"));
        assertThat(run("config", "rollback", "v1").code()).isZero();
        assertThat(run("db", "restore", "a.backup", "--replace").code()).isZero();
        assertThat(run("config", "import", "two.yaml")).isEqualTo(new Result(1, hint));
        assertThat(run("audit", "verify").code()).isZero();
    }
}
