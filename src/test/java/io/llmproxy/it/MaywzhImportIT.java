package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.JavaCommand;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.postgresql.Driver;

/** The database of maywzh's llm-proxy is brought into a file and into a store. */
class MaywzhImportIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    static final String TABLES = """
            create table schema_migrations (version bigint primary key, dirty boolean not null);
            create table providers (id serial primary key, provider_key varchar(255) not null unique,
                provider_type varchar(50) not null, api_base varchar(500) not null, api_key varchar(500) not null,
                model_mapping jsonb not null default '{}', is_enabled boolean not null default true,
                weight integer not null default 1, provider_params jsonb not null default '{}');
            create table credentials (id serial primary key, credential_key varchar(255) not null unique,
                name varchar(255) not null, allowed_models jsonb not null default '[]', rate_limit integer,
                is_enabled boolean not null default true);
            """;

    private static PostgresServer postgres;
    private static FakeUpstream upstream;

    private final Path directory = Artefacts.workDirectory("maywzh-import");

    private record Result(int code, String output) {
        JsonNode json() {
            try {
                return new JsonMapper().readTree(output.substring(output.indexOf('{')));
            } catch (IOException e) {
                throw new UncheckedIOException(output, e);
            }
        }
    }

    @BeforeAll
    static void start() {
        postgres = PostgresServer.start();
        upstream = FakeUpstream.start().otherwise(Behaviour.json("{\"object\":\"chat.completion\"}"));
    }

    @AfterAll
    static void stop() {
        upstream.close();
        postgres.close();
    }

    private static String database(int version, String... rows) throws SQLException {
        String url = postgres.database();
        try (Connection connection = Objects.requireNonNull(new Driver().connect(url, new Properties()));
                Statement statement = connection.createStatement()) {
            statement.execute(TABLES);
            statement.execute("insert into schema_migrations values (" + version + ", false)");
            for (String row : rows) {
                statement.execute("insert into " + row);
            }
        }
        return url;
    }

    private static String provider() {
        return "providers (provider_key, provider_type, api_base, api_key, model_mapping) values ('main', 'openai', '"
                + upstream.url() + "/v1', 'sk-canary', '{\"gpt-4\": \"gpt-4o\"}')";
    }

    private static String credential(String key, String name, String limit) {
        String digest = KeyDigest.of(key).configured().reveal().substring("sha256:".length());
        return "credentials (credential_key, name, allowed_models, rate_limit) values ('" + digest + "', '" + name
                + "', '[\"gpt-4\"]', " + limit + ")";
    }

    private Result run(Map<String, String> environment, String... arguments) {
        List<String> command = new ArrayList<>(JavaCommand.launcher());
        command.addAll(List.of(arguments));
        try (ServerProcess process = ServerProcess.start(directory, environment, command)) {
            return new Result(process.exitCode(SOON), process.log());
        }
    }

    @Test
    void clientsKeepTheirKeysInAFile() throws IOException, SQLException {
        String url = database(8, provider(), credential("client-key-1", "team", "100"));
        int port = Ports.free();
        Map<String, String> environment =
                Map.of("PORT", Integer.toString(port), "LLMPROXY_HTTP_SERVER__ADMIN__PORT", "0", "DB_URL", url);

        // What stands beside it is read as well, but with a database it lets no client in.
        Files.writeString(directory.resolve(".env"), "MASTER_API_KEY=key-of-the-environment\nDB_URL=elsewhere\n");

        Result dry = run(environment, "import", "maywzh", "--out", "config.yaml", "--dry-run");
        assertThat(dry)
                .isEqualTo(new Result(0, "config.yaml would have 1 upstream and 1 client key; nothing was stored\n"));
        assertThat(directory.resolve("config.yaml")).doesNotExist();
        Result written = run(environment, "import", "maywzh", "--out", "config.yaml");
        assertThat(written).isEqualTo(new Result(0, "config.yaml has 1 upstream and 1 client key\n"));
        Path file = directory.resolve("config.yaml");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        Result again = run(environment, "import", "maywzh", "--out", "config.yaml");
        assertThat(again.code()).isEqualTo(1);
        assertThat(again.output()).contains("config.yaml: it exists already");

        List<String> command = new ArrayList<>(JavaCommand.launcher());
        command.addAll(List.of("--config", "config.yaml"));
        try (ServerProcess gateway = ServerProcess.start(directory, environment, command)) {
            URI chat = URI.create("http://127.0.0.1:" + port + "/v1/chat/completions");
            byte[] body = "{\"model\":\"gpt-4\",\"messages\":[]}".getBytes(StandardCharsets.UTF_8);
            Answer served = Awaitility.await()
                    .atMost(SOON)
                    .failFast(() -> !gateway.alive())
                    .ignoreExceptionsInstanceOf(UncheckedIOException.class)
                    .until(
                            () -> RawClient.exchange(
                                    chat,
                                    "POST",
                                    "Authorization: Bearer client-key-1\r\nContent-Type: application/json\r\n",
                                    body),
                            answer -> answer.status() == 200);
            assertThat(served.text()).contains("chat.completion");
            assertThat(RawClient.exchange(chat, "POST", "Authorization: Bearer key-of-the-environment\r\n", body)
                            .status())
                    .isEqualTo(401);
            assertThat(upstream.awaitRequest("/v1/chat/completions").head().toString())
                    .contains("sk-canary");
        }
    }

    @Test
    void providersAndCredentialsBecomeAVersionAndKeysOfTheStore() throws IOException, SQLException {
        String url = database(
                8, provider(), credential("client-key-1", "team", "null"), credential("client-key-2", "team", "7"));

        Result brought = run(Map.of(), "import", "maywzh", "--jdbc", url, "--store", "state", "--json");
        assertThat(brought.code()).as(brought.output()).isZero();
        assertThat(brought.json().toString())
                .isEqualTo("{\"upstreams\":1,\"keys\":2,\"keys_added\":2,\"version\":1,\"stored\":true}");

        assertThat(run(Map.of(), "config", "export", "--store", "state").output())
                .contains("gpt-4: gpt-4o")
                .doesNotContain("sha256:");
        assertThat(run(Map.of(), "keys", "export", "--store", "state").output().lines())
                .hasSize(2)
                .anyMatch(line -> line.contains("\"team\""))
                .anyMatch(line -> line.contains("\"team#2\"") && line.contains("\"requests_per_second\":7"))
                .allMatch(line -> line.contains("\"allowed_models\":[\"gpt-4\"]"));
    }

    @Test
    void whatCannotBeBroughtIsToldByItsNameAndNothingIsStored() throws IOException, SQLException {
        String open = database(8, provider());
        Result refused = run(Map.of(), "import", "maywzh", "--jdbc", open, "--out", "open.yaml");
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.output()).contains("no credential is enabled there", "--without-keys");
        assertThat(run(Map.of(), "import", "maywzh", "--jdbc", open, "--out", "open.yaml", "--without-keys")
                        .code())
                .isZero();

        String wrong = database(
                8,
                "providers (provider_key, provider_type, api_base, api_key, weight) values"
                        + " ('bad one', 'openai', 'no url', 'sk-canary', 0)",
                "credentials (credential_key, name) values ('canary of a key', 'team')");
        Result bad = run(Map.of(), "import", "maywzh", "--jdbc", wrong, "--store", "other");
        assertThat(bad.code()).isEqualTo(1);
        assertThat(bad.output())
                .contains("provider bad one: url: ", "credential team: key: ")
                .doesNotContain("sk-canary", "canary of a key");
        assertThat(directory.resolve("other")).doesNotExist();

        assertThat(run(Map.of(), "import", "maywzh", "--jdbc", database(9, provider()), "--out", "x.yaml")
                        .output())
                .contains("the tables of maywzh's llm-proxy are of version 9 (expected: 2 to 8");
        assertThat(run(Map.of(), "import", "maywzh", "--jdbc", postgres.database(), "--out", "x.yaml")
                        .output())
                .contains("not a database of maywzh's llm-proxy");
        Result away = run(
                Map.of("PGPASSWORD", "sk-canary"),
                "import",
                "maywzh",
                "--jdbc",
                "jdbc:postgresql://127.0.0.1:1/x?password=sk-canary",
                "--out",
                "x.yaml");
        assertThat(away.code()).isEqualTo(1);
        assertThat(away.output()).contains("does not answer").doesNotContain("sk-canary");
    }
}
