package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.CommandRun;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.JavaCommand;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.ServerProcess;
import io.llmproxy.testing.UpstreamRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A file of LiteLLM's proxy is brought into one of ours and into a store, and a gateway serves as that proxy did. */
class LiteLlmImportIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String MASTER = "sk-master-of-this-proxy";

    private final Path directory = Artefacts.workDirectory("litellm-import");
    private final FakeUpstream first =
            FakeUpstream.start().otherwise(Behaviour.json("{\"model\":\"gpt-4o\",\"from\":\"first\"}"));
    private final FakeUpstream second =
            FakeUpstream.start().otherwise(Behaviour.json("{\"model\":\"sonnet\",\"from\":\"second\"}"));
    private final FakeUpstream bad = FakeUpstream.start().otherwise(Behaviour.status(503, "", "{}"));

    @AfterEach
    void stop() {
        first.close();
        second.close();
        bad.close();
    }

    private Path file(String more) throws IOException {
        return Files.writeString(
                directory.resolve("proxy.yaml"), """
                model_list:
                  - model_name: big
                    litellm_params: {model: openai/gpt-4o, api_base: "%1$s/v1", api_key: sk-canary-first, rpm: 1000}
                  - model_name: unversioned
                    litellm_params: {model: openai/gpt-4o, api_base: "%1$s/", api_key: sk-canary-first}
                  - model_name: fragile
                    litellm_params: {model: openai/none, api_base: "%3$s/v1", api_key: sk-canary-third}
                  - model_name: other/*
                    litellm_params: {model: openai/*, api_base: "%2$s/v1", api_key: os.environ/SECOND_KEY}
                  - model_name: on-aws
                    litellm_params: {model: bedrock/nova, aws_secret_access_key: canary-aws}
                router_settings:
                  routing_strategy: least-busy
                  fallbacks: [{fragile: [other/sonnet]}]
                  model_group_alias: {default: big}
                litellm_settings: {drop_params: true, cache: true}
                general_settings: {master_key: %4$s, database_url: "postgresql://u:canary-database@db/litellm"%5$s}
                """.formatted(first.url(), second.url(), bad.url(), MASTER, more));
    }

    private CommandRun run(String... arguments) {
        return CommandRun.in(directory, arguments);
    }

    private static Answer ask(int port, String model, String key) {
        byte[] body = ("{\"model\":\"" + model + "\",\"messages\":[]}").getBytes(StandardCharsets.UTF_8);
        return RawClient.exchange(
                URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"),
                "POST",
                "Connection: close\r\nAuthorization: Bearer " + key + "\r\n",
                body);
    }

    private static String body(UpstreamRequest request) {
        return new String(request.body(), StandardCharsets.UTF_8);
    }

    @Test
    void whatIsBroughtIntoAFileServes() throws IOException {
        file("");
        Files.writeString(directory.resolve(".env"), "SECOND_KEY=sk-canary-second\n");
        CommandRun dry = run("import", "litellm", "proxy.yaml", "--out", "ours.yaml", "--dry-run");
        assertThat(dry.code()).as(dry.output()).isZero();
        assertThat(directory.resolve("ours.yaml")).doesNotExist();

        CommandRun brought = run("import", "litellm", "proxy.yaml", "--out", "ours.yaml");

        assertThat(brought.code()).as(brought.output()).isZero();
        assertThat(brought.output())
                .contains(
                        "warning: proxy.yaml:11: model_list[4].litellm_params: not carried over: the provider of bedrock/nova")
                .contains("litellm_settings.cache: not carried over: answers are not kept")
                .contains("general_settings.database_url: not carried over: ")
                .contains("ours.yaml has 4 upstreams, ")
                .doesNotContain("canary", MASTER);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("ours.yaml"))))
                .isEqualTo("rw-------");
        CommandRun check = run("--check", "--config", "ours.yaml");
        assertThat(check.code()).as(check.output()).isZero();
        assertThat(check.output()).contains("ours.yaml: the configuration is valid (1 forward, 4 upstreams)");
        assertThat(run("--check", "--config", "proxy.yaml").output()).contains("read as a file of LiteLLM");
        assertThat(run("import", "litellm", "proxy.yaml", "--out", "ours.yaml").output())
                .contains("ours.yaml: it exists already");
        serve();
    }

    private void serve() {
        int port = Ports.free();
        int admin = Ports.free();
        List<String> command = JavaCommand.launcher("-Xmx128m");
        command.addAll(List.of("--config", "ours.yaml"));
        Map<String, String> variables = Map.of(
                "LLMPROXY_HTTP_SERVER__FORWARDS__0__PORT", Integer.toString(port),
                "LLMPROXY_HTTP_SERVER__ADMIN__PORT", Integer.toString(admin));
        try (ServerProcess process = ServerProcess.start(directory, variables, command)) {
            URI ready = URI.create("http://127.0.0.1:" + admin + "/health/ready");
            Awaitility.await()
                    .atMost(SOON)
                    .ignoreExceptionsInstanceOf(UncheckedIOException.class)
                    .failFast(() -> !process.alive())
                    .until(() ->
                            RawClient.exchange(ready, "GET", "", new byte[0]).status() == 200);

            assertThat(ask(port, "big", MASTER).text()).isEqualTo("{\"model\":\"big\",\"from\":\"first\"}");
            assertThat(ask(port, "default", MASTER).text()).contains("\"model\":\"default\"", "first");
            assertThat(ask(port, "unversioned", MASTER).text()).contains("first");
            assertThat(first.requests())
                    .extracting(request -> request.head().target())
                    .containsExactly("/v1/chat/completions", "/v1/chat/completions", "/chat/completions");
            assertThat(first.requests()).allSatisfy(request -> {
                assertThat(request.head().value("Authorization")).hasValue("Bearer sk-canary-first");
                assertThat(body(request)).contains("\"model\":\"gpt-4o\"");
            });

            assertThat(ask(port, "other/haiku", MASTER).text()).contains("\"model\":\"other/haiku\"", "second");
            assertThat(ask(port, "fragile", MASTER).text()).contains("\"model\":\"fragile\"", "second");
            assertThat(bad.requests()).hasSize(1);
            assertThat(second.requests())
                    .extracting(request -> body(request).replaceFirst(".*\"model\":\"([^\"]*)\".*", "$1"))
                    .containsExactly("haiku", "sonnet");
            assertThat(second.requests().get(0).head().value("Authorization")).hasValue("Bearer sk-canary-second");

            assertThat(ask(port, "on-aws", MASTER).status()).isEqualTo(404);
            assertThat(ask(port, "big", "sk-nobody").status()).isEqualTo(401);
            assertThat(process.log()).doesNotContain("canary").doesNotContain(MASTER);
        }
    }

    @Test
    void whatIsBroughtIntoAStoreIsAVersionWithItsSecretsApart() throws IOException {
        file("");
        Files.writeString(directory.resolve(".env"), "SECOND_KEY=sk-canary-second\n");

        JsonNode told =
                new JsonMapper().readTree(json(run("import", "litellm", "proxy.yaml", "--store", "state", "--json")));

        assertThat(told.at("/version").asInt()).isEqualTo(1);
        assertThat(told.at("/stored").asBoolean()).isTrue();
        assertThat(told.at("/upstreams").asInt()).isEqualTo(4);
        assertThat(told.at("/warnings"))
                .isNotEmpty()
                .allSatisfy(warning -> assertThat(warning.at("/path").asText()).isNotEmpty());
        CommandRun export = run("config", "export", "--store", "state");
        assertThat(export.code()).isZero();
        assertThat(export.output())
                .contains("${secret:upstreams/big/auth/token@1}", "${SECOND_KEY}")
                .doesNotContain("canary")
                .doesNotContain(MASTER);
    }

    private static String json(CommandRun run) {
        assertThat(run.code()).as(run.output()).isZero();
        return run.output().substring(run.output().indexOf("{\"upstreams\""));
    }

    @Test
    void whatKeepsCallersOutIsNotBrought() throws IOException {
        file(", custom_auth: mine.check, allowed_ips: [10.0.0.1]");
        Files.writeString(directory.resolve(".env"), "SECOND_KEY=sk-canary-second\n");

        CommandRun refused = run("import", "litellm", "proxy.yaml", "--out", "ours.yaml");

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.output())
                .contains("proxy.yaml:17: general_settings.custom_auth: looks like access control")
                .contains("proxy.yaml:17: general_settings.allowed_ips: looks like access control");
        assertThat(directory.resolve("ours.yaml")).doesNotExist();
        Files.writeString(directory.resolve("own.yaml"), "upstreams: []\n");
        assertThat(run("import", "litellm", "own.yaml", "--out", "ours.yaml").code())
                .isEqualTo(1);
        assertThat(run("import", "litellm", "nosuch.yaml", "--out", "ours.yaml"))
                .isEqualTo(new CommandRun(1, "nosuch.yaml: no such file (expected: a file that exists)\n"));
        assertThat(run("import", "litellm", "proxy.yaml", "--out", "a", "--store", "b")
                        .code())
                .isEqualTo(2);
    }
}
