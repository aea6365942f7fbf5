package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.CommandRun;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.PostgresServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** {@code db backup} of a store whose node serves, and {@code db restore} into one of another kind, from which a node serves. */
class DbBackupIT {
    private static final String KEY = "key: the-key-of-this-store";

    private final Path directory = Artefacts.workDirectory("db-backup");

    private CommandRun run(String... arguments) {
        return CommandRun.in(directory, arguments);
    }

    private static JsonNode json(CommandRun run) throws IOException {
        assertThat(run.code()).as(run.output()).isZero();
        return new JsonMapper().readTree(run.output().substring(run.output().indexOf('{')));
    }

    private static String plain(Path file) throws IOException {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private String document(FakeUpstream upstream) throws IOException {
        return Files.writeString(directory.resolve("gateway.yaml"), """
                http_server: {max_lag: 0, forwards: [{name: main, address: 127.0.0.1, port: 0, upstream_group: g}]}
                upstreams: [{name: u, url: "%s", auth: {type: bearer, token: sk-canary}}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(upstream.url()))
                .toString();
    }

    @Test
    void aStoreMovesFromPostgresqlToH2AndBackWhileItsNodeServes() throws IOException {
        try (PostgresServer postgres = PostgresServer.start();
                FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{\"from\":\"u\"}"))) {
            String url = postgres.database();
            Files.writeString(directory.resolve("config.yaml"), "store: {url: '" + url + "', " + KEY + "}\n");
            assertThat(run("config", "import", document(upstream)).code()).isZero();
            Files.writeString(
                    directory.resolve("keys.jsonl"), "{\"name\":\"all\",\"key\":\"sk-client-of-all-calls\"}\n");
            assertThat(run("keys", "import", "keys.jsonl").code()).isZero();
            try (StoreNode node = StoreNode.start("url: '" + url + "', " + KEY)) {
                node.awaitReady();
                JsonNode dry = json(run("db", "backup", "store.backup", "--dry-run", "--json"));
                assertThat(dry.at("/written").asBoolean()).isFalse();
                assertThat(directory.resolve("store.backup")).doesNotExist();

                CommandRun backup = run("db", "backup", "store.backup");

                assertThat(backup.code()).as(backup.output()).isZero();
                assertThat(backup.output())
                        .startsWith(
                                "store.backup is written: the head v1, 1 version, 1 secret, 1 client key, 0 users, 0"
                                        + " tokens, 2 of the audit\n")
                        .contains("its secrets are encrypted with the key ");
                assertThat(node.ask().status()).isEqualTo(401);
            }
            assertThat(plain(directory.resolve("store.backup")))
                    .contains("${secret:upstreams/u/auth/token@1}")
                    .doesNotContain("sk-canary", "sk-client");
            CommandRun again = run("db", "backup", "store.backup");
            assertThat(again.code()).isEqualTo(1);
            assertThat(again.output()).contains("store.backup: it exists already (expected: the name of a new file)");

            serveFromH2();
            backToPostgresql(postgres);
        }
    }

    private void serveFromH2() throws IOException {
        String state = directory.resolve("state").toString();
        JsonNode dry = json(run("db", "restore", "store.backup", "--store", state, "--dry-run", "--json"));
        assertThat(dry.at("/restored").asBoolean()).isFalse();
        assertThat(dry.at("/head").asLong()).isEqualTo(1);
        assertThat(directory.resolve("state")).doesNotExist();
        Files.writeString(directory.resolve("h2.yaml"), "store: {directory: state, " + KEY + "}\n");

        CommandRun restored = run("db", "restore", "store.backup", "--config", "h2.yaml");

        assertThat(restored.code()).as(restored.output()).isZero();
        assertThat(restored.output())
                .contains("store.backup is restored: the head v1,")
                .doesNotContain("warning:");
        CommandRun full = run("db", "restore", "store.backup", "--config", "h2.yaml");
        assertThat(full.code()).isEqualTo(1);
        assertThat(full.output())
                .contains("is not empty: rows in config_version 1, ", "or --replace); nothing was changed");
        CommandRun audit = run("audit", "verify", "--config", "h2.yaml");
        assertThat(audit.output()).startsWith("the audit is intact: 3 entries");
        assertThat(run("keys", "export", "--config", "h2.yaml").output()).contains("\"name\":\"all\"");
        try (StoreNode node = StoreNode.start("directory: '" + state + "', " + KEY)) {
            node.awaitReady();
            assertThat(node.ask("sk-client-of-all-calls").text()).contains("\"from\":\"u\"");
            CommandRun inUse = run("db", "backup", "other.backup", "--config", "h2.yaml");
            assertThat(inUse.code()).isEqualTo(1);
            assertThat(inUse.output()).contains("another process uses this store");
        }
    }

    private void backToPostgresql(PostgresServer postgres) throws IOException {
        assertThat(run("db", "backup", "h2.backup", "--config", "h2.yaml").code())
                .isZero();
        byte[] whole = Files.readAllBytes(directory.resolve("h2.backup"));
        Files.write(directory.resolve("half.backup"), Arrays.copyOf(whole, whole.length / 2));
        String url = postgres.database();

        CommandRun half = run("db", "restore", "half.backup", "--store", url);
        assertThat(half.code()).isEqualTo(1);
        assertThat(half.output()).contains("half.backup: not a whole file of `db backup`");
        CommandRun restored = run("db", "restore", "h2.backup", "--store", url);

        assertThat(restored.code()).as(restored.output()).isZero();
        assertThat(restored.output()).contains("warning: the secrets are encrypted with the key ", "it has: none");
        assertThat(run("config", "export", "--store", url).output()).contains("${secret:upstreams/u/auth/token@1}");
        JsonNode replaced = json(run("db", "restore", "store.backup", "--store", url, "--replace", "--json"));
        assertThat(replaced.at("/restored").asBoolean()).isTrue();
        assertThat(run("audit", "verify", "--store", url).output()).startsWith("the audit is intact: 3 entries");
    }

    @Test
    void wrongCallsAreTold() {
        assertThat(run("db", "backup").code()).isEqualTo(2);
        assertThat(run("db", "restore", "nosuch.backup", "--store", "none"))
                .isEqualTo(new CommandRun(1, "nosuch.backup: no such file (expected: a file that exists)\n"));
        assertThat(directory.resolve("none")).doesNotExist();
        CommandRun none = run("db", "backup", "a.backup", "--store", "none");
        assertThat(none.code()).isEqualTo(1);
        assertThat(none.output()).contains("no such store");
        assertThat(directory.resolve("a.backup")).doesNotExist();
    }
}
