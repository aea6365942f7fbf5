package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Certificates;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Head;
import io.llmproxy.testing.JavaCommand;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The launcher with the files of other systems: it serves as they would have. */
class ForeignFilesIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final byte[] QUESTION =
            "{\"model\":\"claude-4.5-sonnet\",\"messages\":[]}".getBytes(StandardCharsets.UTF_8);

    private final Path directory = Artefacts.workDirectory("foreign");
    private final int port = Ports.free();
    private final int admin = Ports.free();
    private final Certificates certificates = new Certificates(directory);

    private ServerProcess launch(String yaml, String option, Map<String, String> environment) {
        Map<String, String> variables = new HashMap<>(environment);
        variables.put("LLMPROXY_HTTP_SERVER__ADMIN__PORT", Integer.toString(admin));
        try {
            Path file = Files.writeString(directory.resolve("config.yml"), yaml);
            List<String> command = JavaCommand.launcher("-Xmx128m");
            command.addAll(List.of("--config", file.toString()));
            if (!option.isEmpty()) {
                command.add(option);
            }
            return ServerProcess.start(directory, variables, command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitReady(ServerProcess process) {
        URI ready = URI.create("http://127.0.0.1:" + admin + "/health/ready");
        Awaitility.await()
                .atMost(SOON)
                .ignoreExceptionsInstanceOf(UncheckedIOException.class)
                .failFast(() -> !process.alive())
                .until(() -> RawClient.exchange(ready, "GET", "", new byte[0]).status() == 200);
    }

    private String x5iu(FakeUpstream openai, FakeUpstream anthropic) {
        certificates.serverPem("server", "EC", "dns:localhost");
        return """
                cert_file: server.pem
                private_key_file: server.key
                auth_keys: [client-key-of-all]
                providers:
                  - type: openai
                    host: openai.example.com
                    endpoint: 127.0.0.1
                    port: %d
                    tls: false
                    api_key: sk-upstream-one
                  - type: anthropic
                    host: gateway.example.com/claude
                    endpoint: 127.0.0.1
                    port: %d
                    tls: false
                    api_keys: [{key: sk-upstream-two}, {key: sk-upstream-three, weight: 2.0}]
                    auth_keys: [client-key-of-claude]
                """.formatted(
                URI.create(openai.url()).getPort(), URI.create(anthropic.url()).getPort());
    }

    private Answer ask(String host, String path, String key) {
        URI uri = URI.create("https://127.0.0.1:" + port + path);
        try (RawClient client = RawClient.connect(uri, certificates.trusting())) {
            String head = "POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + key + "\r\nContent-Length: "
                    + QUESTION.length + "\r\n\r\n";
            return client.send(head).send(QUESTION).answer();
        }
    }

    @Test
    void x5iusHostsLeadToTheirProvidersWithTheirKeys() {
        try (FakeUpstream openai = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                FakeUpstream anthropic = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                ServerProcess process = launch(
                        x5iu(openai, anthropic),
                        "",
                        Map.of("LLMPROXY_HTTP_SERVER__FORWARDS__0__PORT", Integer.toString(port)))) {
            awaitReady(process);

            assertThat(ask("openai.example.com", "/v1/chat/completions", "Authorization: Bearer client-key-of-all")
                            .status())
                    .isEqualTo(200);
            Head sent = openai.requests().get(0).head();
            assertThat(sent.target()).isEqualTo("/v1/chat/completions");
            assertThat(sent.value("Authorization")).hasValue("Bearer sk-upstream-one");

            for (int i = 0; i < 3; i++) {
                assertThat(ask("gateway.example.com", "/claude/v1/messages", "X-API-Key: client-key-of-claude")
                                .status())
                        .isEqualTo(200);
            }
            assertThat(anthropic.requests())
                    .extracting(request -> request.head().target())
                    .containsOnly("/v1/messages");
            assertThat(anthropic.requests())
                    .extracting(request -> request.head().value("x-api-key").orElse(""))
                    .containsExactlyInAnyOrder("sk-upstream-two", "sk-upstream-three", "sk-upstream-three");

            String wrong = "Authorization: Bearer client-key-of-claude";
            assertThat(ask("openai.example.com", "/v1/chat/completions", wrong).status())
                    .isEqualTo(401);
            assertThat(ask("other.example.com", "/v1/chat/completions", "Authorization: Bearer client-key-of-all")
                            .status())
                    .isEqualTo(404);
            assertThat(openai.requests()).hasSize(1);
            assertThat(process.log()).doesNotContain("sk-upstream").doesNotContain("client-key");
        }
    }

    @Test
    void maywzhsModelsLeadToTheirProviders() {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{\"model\":\"actual\"}"));
                ServerProcess process = launch(
                        """
                        providers:
                          - name: Provider-1
                            api_base: "${API_BASE_URL}"
                            api_key: ${KEY:sk-upstream}
                            model_mapping: {"claude-4.5-sonnet": actual}
                        master_keys:
                          - {name: Production Key, key: sk-prod-key, rate_limit: {requests_per_second: 100, burst_size: 150}}
                          - {name: Some, key: sk-some-key, allowed_models: ["gpt-.*"]}
                        server: {host: 127.0.0.1, port: 18000}
                        """, "", Map.of("PORT", Integer.toString(port), "API_BASE_URL", upstream.url() + "/v1"))) {
            awaitReady(process);
            URI chat = URI.create("http://127.0.0.1:" + port + "/v1/chat/completions");

            Answer answer = RawClient.exchange(chat, "POST", "Authorization: Bearer sk-prod-key\r\n", QUESTION);
            Answer denied = RawClient.exchange(chat, "POST", "Authorization: Bearer sk-some-key\r\n", QUESTION);
            Answer unknown = RawClient.exchange(chat, "POST", "Authorization: Bearer sk-nobody\r\n", QUESTION);

            assertThat(answer.text()).isEqualTo("{\"model\":\"claude-4.5-sonnet\"}");
            assertThat(denied.status()).isEqualTo(403);
            assertThat(unknown.status()).isEqualTo(401);
            assertThat(upstream.requests()).hasSize(1);
            Head sent = upstream.requests().get(0).head();
            assertThat(sent.target()).isEqualTo("/v1/chat/completions");
            assertThat(sent.value("Authorization")).hasValue("Bearer sk-upstream");
        }
    }

    @Test
    void whatIsPrintedIsInOurWordsWithoutSecrets() {
        try (FakeUpstream upstream = FakeUpstream.start();
                ServerProcess process =
                        launch(x5iu(upstream, upstream) + "telemetry: on\n", "--print-config", Map.of())) {
            assertThat(process.exitCode(SOON)).as(process.log()).isZero();
            assertThat(process.log())
                    .contains("# *** is a secret that is not shown")
                    .contains("host: gateway.example.com/claude")
                    .contains("provider: anthropic")
                    .contains("token: '***'")
                    .contains("telemetry: not carried over")
                    .doesNotContain("sk-upstream")
                    .doesNotContain("client-key");
        }
    }
}
