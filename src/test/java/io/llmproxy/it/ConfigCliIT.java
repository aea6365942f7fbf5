package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.store.Schema;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.JavaCommand;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code java -jar llmproxy.jar config} and {@code db}. */
class ConfigCliIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String VALID = """
            # of one
            http_server: {forwards: [{name: main, port: 3000, upstream_group: g}]}
            upstreams: [{name: one, url: "http://127.0.0.1:1", auth: {type: bearer, token: sk-canary}}]
            upstream_groups: [{name: g, upstreams: [{name: one}]}]
            """;

    private final Path directory = Artefacts.workDirectory("config-cli");

    /** What a run of the jar comes to. */
    private record Result(int code, String output) {
        JsonNode json() {
            try {
                return new JsonMapper().readTree(output);
            } catch (IOException e) {
                throw new UncheckedIOException(output, e);
            }
        }
    }

    private Result run(String... arguments) {
        List<String> command = new ArrayList<>(JavaCommand.launcher());
        command.addAll(List.of(arguments));
        try (ServerProcess process = ServerProcess.start(directory, Map.of(), command)) {
            return new Result(process.exitCode(SOON), process.log());
        }
    }

    private String file(String name, String text) throws IOException {
        Files.writeString(directory.resolve(name), text);
        return name;
    }

    @Test
    void aFileBecomesAVersionAndIsGoneBackTo() throws IOException {
        String one = file("one.yaml", VALID);
        String two = file("two.yaml", VALID.replace(":1\"", ":2\""));
        file("config.yaml", "store: {}\n");

        assertThat(run("config", "import", one, "--dry-run")).satisfies(dry -> {
            assertThat(dry.code()).isEqualTo(1);
            assertThat(dry.output()).contains("no such store (expected: an H2 database");
        });
        Result first = run("config", "import", one);
        assertThat(first.code()).isZero();
        assertThat(first.output())
                .contains("secrets.key now holds the key that encrypts this store's secrets")
                .endsWith("one.yaml is v1 now\n");
        assertThat(run("config", "import", one))
                .isEqualTo(new Result(0, "one.yaml is what v1 says already; nothing was stored\n"));
        assertThat(run("config", "import", two, "--dry-run"))
                .isEqualTo(new Result(0, "two.yaml would be v2; nothing was stored\n"));
        Result moved = run("config", "import", two, "--expect", "v7");
        assertThat(moved)
                .isEqualTo(new Result(1, "llmproxy: the store is at v1 (expected: v7); nothing was changed\n"));
        Result second = run("config", "import", two, "--expect", "v1", "--message", "to port 2", "--json");
        assertThat(second.code()).isZero();
        assertThat(second.json().toString()).isEqualTo("{\"version\":2,\"base\":1,\"stored\":true}");

        Result diff = run("config", "diff", "v1", "head");
        assertThat(diff.code()).isEqualTo(1);
        assertThat(diff.output())
                .contains("--- v1\n+++ head\n", "-    url: http://127.0.0.1:1\n", "+    url: http://127.0.0.1:2\n")
                .doesNotContain("sk-canary");
        assertThat(run("config", "diff", "head", two)).isEqualTo(new Result(0, ""));
        file("other.yaml", VALID.replace(":1\"", ":2\"").replace("sk-canary", "sk-other"));
        Result changed = run("config", "diff", "head", "other.yaml");
        assertThat(changed.output())
                .contains("-      token: ${secret:upstreams/one/auth/token@1}\n")
                .contains("+      token: ${secret:upstreams/one/auth/token@2}\n")
                .doesNotContain("sk-");

        String stored = VALID.replace("sk-canary", "\"${secret:upstreams/one/auth/token@1}\"");
        assertThat(run("config", "export", "--version", "v1").output()).isEqualTo(stored);
        assertThat(run("config", "rollback", "v1", "--dry-run").output())
                .isEqualTo("what v1 says would be v3; nothing was stored\n");
        assertThat(run("config", "rollback", "v1")).isEqualTo(new Result(0, "what v1 says is v3 now\n"));
        assertThat(run("config", "export").output()).isEqualTo(stored);
        assertThat(run("config", "import", file("export.yaml", stored)))
                .isEqualTo(new Result(0, "export.yaml is what v3 says already; nothing was stored\n"));
        assertThat(run("config", "check"))
                .isEqualTo(new Result(0, "head: the configuration is valid (1 forward, 1 upstream)\n"));

        Result history = run("config", "history");
        assertThat(history.output().lines())
                .hasSize(3)
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("* v3  ").endsWith("  rollback  back to v1"),
                        line -> assertThat(line).startsWith("  v2  ").endsWith("  import  to port 2"),
                        line -> assertThat(line).startsWith("  v1  ").endsWith("  import  import one.yaml"));
        JsonNode versions =
                run("config", "history", "--json", "--limit", "1").json().get("versions");
        assertThat(versions).hasSize(1);
        assertThat(versions.get(0).get("version").asLong()).isEqualTo(3);
        assertThat(versions.get(0).get("head").asBoolean()).isTrue();
        assertThat(history.output() + versions).doesNotContain("sk-canary");

        Result audit = run("audit", "verify", "--json");
        assertThat(audit.code()).isZero();
        assertThat(audit.json().at("/entries").asInt()).isEqualTo(3);
        String last = "3:" + audit.json().at("/hash").asText();
        assertThat(run("audit", "verify", "--expect", last))
                .isEqualTo(new Result(0, "the audit is intact: 3 entries; the last one is " + last + "\n"));
        Result other = run("audit", "verify", "--expect", "2:" + "0".repeat(64));
        assertThat(other.code()).isEqualTo(1);
        assertThat(other.output()).startsWith("the audit is not intact: entry 2 was changed; intact up to 1:");
    }

    @Test
    void secretsAreStoredListedAndPutUnderAnotherKey() throws IOException {
        file("config.yaml", "store: {key: '${file:key}'}\n");
        file("key", "the former key of all\n");
        file("value", "sk-canary\n");
        assertThat(run("config", "import", file("one.yaml", VALID)).code()).isZero();

        assertThat(run("secrets", "put", "vendor", "value", "--dry-run"))
                .isEqualTo(new Result(0, "vendor would be stored; nothing was changed\n"));
        JsonNode put = run("secrets", "put", "vendor", "value", "--json").json();
        assertThat(put.at("/stored").asBoolean()).isTrue();
        assertThat(put.at("/revision").asInt()).isEqualTo(1);
        assertThat(put.at("/fingerprint").asText()).matches("[0-9a-f]{8}");
        Result list = run("secrets", "list");
        assertThat(list.output().lines())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("upstreams/one/auth/token@1  revision 1  "),
                        line -> assertThat(line)
                                .startsWith("vendor  revision 1  ")
                                .endsWith("  " + put.at("/fingerprint").asText()));
        assertThat(run("secrets", "delete", "upstreams/one/auth/token@1").output())
                .isEqualTo(
                        "llmproxy: upstreams/one/auth/token@1: the newest version refers to it (expected: a secret that"
                                + " is not in use); nothing was changed\n");

        // Case 34: another key.
        file("key", "the coming key of all\n");
        Result wrong = run("secrets", "status");
        assertThat(wrong.code()).isEqualTo(1);
        assertThat(wrong.output())
                .contains("2 secrets, encrypted with the key ", "vendor: undecryptable: encrypted with");
        assertThat(run("secrets", "rotate").output())
                .startsWith("llmproxy: secret upstreams/one/auth/token@1: encrypted with the key ")
                .endsWith("; nothing was changed\n");

        // Case 35: both.
        file("config.yaml", "store: {key: '${file:key}', old_keys: [the former key of all]}\n");
        assertThat(run("secrets", "rotate", "--dry-run").output())
                .startsWith("2 secrets would be encrypted with the key ")
                .endsWith("; nothing was changed\n");
        JsonNode rotated = run("secrets", "rotate", "--json").json();
        assertThat(rotated.at("/secrets").asInt()).isEqualTo(2);
        assertThat(rotated.at("/changed").asBoolean()).isTrue();
        file("config.yaml", "store: {key: '${file:key}'}\n");
        JsonNode status = run("secrets", "status", "--json").json();
        assertThat(status.at("/key")).isEqualTo(status.at("/own_key")).isEqualTo(rotated.at("/to"));
        assertThat(status.at("/undecryptable")).isEmpty();
        assertThat(run("secrets", "delete", "vendor", "--json").json().toString())
                .contains("\"deleted\":true");
        assertThat(run("audit", "verify", "--json").json().at("/entries").asInt())
                .isEqualTo(4);
        String database = Files.readString(directory.resolve("state/llmproxy.mv.db"), StandardCharsets.ISO_8859_1);
        assertThat(list.output() + database).doesNotContain("sk-canary");
    }

    @Test
    void whatIsNotValidIsToldAndNotStored() throws IOException {
        String good = file("good.yaml", VALID);
        String bad = file("bad.yaml", VALID + "log: {level: loud}\njmx: ${NOT_SET}\n");
        List<String> store = List.of("--store", "state");
        assertThat(run("config", "import", good, store.get(0), store.get(1)).code())
                .isZero();

        Result refused = run("config", "import", bad, "--store", "state");
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.output().lines())
                .hasSize(2)
                .allMatch(line -> line.startsWith("bad.yaml:"))
                .anyMatch(line -> line.startsWith("bad.yaml:5: log.level: loud (expected: "));
        Result json = run("config", "check", bad, "--store", "state", "--json");
        assertThat(json.code()).isEqualTo(1);
        assertThat(json.json().at("/problems/0/path").asText()).isEqualTo("log.level");
        assertThat(json.json().at("/problems/0/line").asInt()).isEqualTo(5);
        assertThat(run("config", "check", "nosuch.yaml", "--store", "state"))
                .isEqualTo(new Result(1, "nosuch.yaml: no such file (expected: a file that exists)\n"));
        assertThat(run("config", "export", "--version", "9", "--store", "state").output())
                .contains("v9: no such version (expected: one that `config history` lists)");
        assertThat(run("db", "status", "--store", "state", "--json")
                        .json()
                        .get("head")
                        .asLong())
                .isEqualTo(1);
    }

    @Test
    void aNodeServesWhatIsImportedAndWhatIsConfirmed() throws IOException {
        try (PostgresServer postgres = PostgresServer.start()) {
            String url = postgres.database();
            assertThat(run("db", "status", "--store", url).code()).isEqualTo(1);
            assertThat(run("db", "migrate", "--store", url, "--dry-run").output())
                    .contains("no tables would become version " + Schema.WANTED);
            assertThat(run("db", "migrate", "--store", url).output())
                    .contains("no tables became version " + Schema.WANTED);
            assertThat(run("db", "migrate", "--store", url).output()).contains("there is nothing to do");
            assertThat(run("config", "check", "--store", url).output()).contains("the store is empty");
            try (StoreNode node = StoreNode.start("url: '" + url + "', node: first")) {
                node.awaitUp();
                String document = VALID.replace("name: main,", "name: main, address: 127.0.0.1,")
                        .replace(", auth: {type: bearer, token: sk-canary}", "");
                assertThat(run("config", "import", file("one.yaml", document), "--store", url)
                                .code())
                        .isZero();
                node.awaitVersion(1, SOON);
                Result unconfirmed = run(
                        "config",
                        "import",
                        file("two.yaml", document + "log: {level: debug}\n"),
                        "--store",
                        url,
                        "--confirm-within",
                        "10m");
                assertThat(unconfirmed.output())
                        .isEqualTo("two.yaml is v2 now; it goes back in 600 s unless `config confirm v2` keeps it\n");
                node.awaitState("unconfirmed");
                assertThat(run("config", "history", "--store", url).output()).contains("? v2", "goes back to v1 at ");
                assertThat(run("config", "confirm", "v1", "--store", url))
                        .isEqualTo(new Result(1, "llmproxy: the store is at v2 (expected: v1); nothing was changed\n"));
                assertThat(run("config", "confirm", "--store", url, "--dry-run").output())
                        .isEqualTo("v2 would stay\n");
                assertThat(run("config", "confirm", "v2", "--store", url)).isEqualTo(new Result(0, "v2 stays\n"));
                node.awaitState("current");
                assertThat(run("config", "confirm", "--store", url).output()).contains("it needed no confirmation");
                Result status = run("db", "status", "--store", url);
                assertThat(status.code()).isZero();
                assertThat(status.output())
                        .contains(
                                "tables of version " + Schema.WANTED + "\n",
                                "the head is v2\n",
                                "node first (",
                                ") serves v2\n");
                JsonNode json = run("db", "status", "--store", url, "--json").json();
                assertThat(json.at("/nodes/0/active").asLong()).isEqualTo(2);
                assertThat(json.get("usable").asBoolean()).isTrue();
            }
        }
        Result away = run("config", "history", "--store", "jdbc:postgresql://127.0.0.1:1/none?user=u&password=canary");
        assertThat(away.code()).isEqualTo(1);
        assertThat(away.output())
                .contains("does not answer")
                .doesNotContain("canary")
                .hasLineCount(1);
    }

    @Test
    void wrongUsageIsToldFromProblems() throws IOException {
        file("config.yaml", VALID);
        for (String wrong : List.of(
                "config",
                "config push",
                "audit",
                "audit look --store s",
                "audit verify --expect 3 --store s",
                "config import",
                "config import a b --store s",
                "config import a --expect head --store s",
                "config diff v1 --store s",
                "config rollback --store s",
                "config rollback first --store s",
                "config history --dry-run",
                "config history",
                "secrets",
                "secrets tell --store s",
                "secrets put --store s",
                "secrets list --dry-run --store s",
                "db",
                "db drop",
                "db migrate now --store s",
                "db status")) {
            Result result = run(wrong.split(" "));
            assertThat(result.code()).as(wrong).isEqualTo(2);
            assertThat(result.output()).as(wrong).startsWith("llmproxy: ").contains("(expected: ", "usage: ");
        }
        assertThat(run("config", "--help").output()).contains("import", "rollback", "exit codes");
        assertThat(run("db", "--help").output()).contains("migrate", "exit codes");
        assertThat(directory.resolve("s")).doesNotExist();
    }
}
