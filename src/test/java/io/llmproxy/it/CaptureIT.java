package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/** Requests and answers are written with their bodies where that is asked for, and nothing secret with them. */
class CaptureIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CHAT = "/v1/chat/completions";
    private static final String UPSTREAM_KEY = "sk-upstream-canary";
    private static final String CLIENT_KEY = "sk-client-canary";
    private static final String QUESTION =
            "{\"model\":\"m-1\",\"user\":\"alice\",\"messages\":[{\"role\":\"user\",\"content\":\"hello %s\"}]}";
    private static final String ANSWER =
            "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m-1\",\"choices\":[{\"index\":0,\"message\":"
                    + "{\"role\":\"assistant\",\"content\":\"your key is sk-upstream-canary\"},\"finish_reason\":\"stop\"}]}";
    private static final List<String> EVENTS = List.of(
            "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m-1\",\"choices\":[{\"index\":0,"
                    + "\"delta\":{\"role\":\"assistant\",\"content\":\"one\"},\"finish_reason\":\"stop\"}]}\n\n",
            "data: [DONE]\n\n");
    private static final String MESSAGE =
            "{\"model\":\"m-1\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi claude\"}]}";

    private static final String JSON_TYPE = "Content-Type: application/json\r\n";
    private static final String TOKEN = "Authorization: Bearer operators-token\r\nConnection: close\r\n";

    private final FakeUpstream upstream = FakeUpstream.start();

    @TempDir
    private Path temporary;

    @AfterEach
    void close() {
        upstream.close();
    }

    private Path directory() {
        return temporary.resolve("bodies");
    }

    private Gateway gateway(String settings) {
        return new Gateway()
                .upstream(
                        "up",
                        upstream.url(),
                        "provider: openai, models: [m-1], auth: {type: bearer, token: " + UPSTREAM_KEY + "}")
                .group("up", "{name: up}", "")
                .forward("up", "up", "")
                .forward("other", "up", "")
                .admin("token: operators-token")
                .top("keys: [{name: team, key: " + CLIENT_KEY + "}]")
                .top("capture: {directory: \"%s\"%s}".formatted(directory(), settings));
    }

    private static Answer ask(Deployment deployment, String path, String body) {
        String head = "Content-Type: application/json\r\nConnection: close\r\nCookie: crumb\r\nAuthorization: Bearer "
                + CLIENT_KEY + "\r\n";
        return RawClient.exchange(deployment.forward("up", path), "POST", head, body.getBytes(StandardCharsets.UTF_8));
    }

    private String text() {
        try (Stream<Path> files = Files.exists(directory()) ? Files.list(directory()) : Stream.empty()) {
            return files.sorted().map(CaptureIT::read).collect(Collectors.joining());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for so many records, and returns them. */
    private List<JsonNode> records(int count) {
        Awaitility.await().until(() -> text().lines().count() >= count);
        return text().lines().map(CaptureIT::parsed).toList();
    }

    private static JsonNode parsed(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new UncheckedIOException(line, e);
        }
    }

    private static JsonNode of(List<JsonNode> records, String type) {
        return records.stream()
                .filter(line -> line.path("t").asText().equals(type))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @KindSource
    void bothSidesOfARequestAreWrittenWithoutCredentials(Deployment.Kind kind) {
        upstream.otherwise(Behaviour.json(ANSWER));
        try (Deployment deployment = Deployment.start(kind, gateway(", redact: [user]"))) {
            assertThat(ask(deployment, CHAT, QUESTION.formatted("there")).status())
                    .isEqualTo(200);

            List<JsonNode> records = records(2);
            JsonNode attempt = of(records, "attempt");
            assertThat(attempt.path("request_id").asText()).isNotEmpty();
            assertThat(attempt.path("upstream").asText()).isEqualTo("up");
            assertThat(attempt.path("status").asInt()).isEqualTo(200);
            assertThat(attempt.path("outcome").asText()).isEqualTo("completed");
            assertThat(attempt.at("/request/path").asText()).isEqualTo(CHAT);
            assertThat(attempt.at("/request/body/messages/0/content").asText()).isEqualTo("hello there");
            assertThat(attempt.at("/request/body/user").asText()).isEqualTo("***");
            assertThat(attempt.at("/response/body/choices/0/message/content").asText())
                    .isEqualTo("your key is ***");
            JsonNode exchange = of(records, "exchange");
            assertThat(exchange.path("key").asText()).isEqualTo("team");
            assertThat(exchange.path("forward").asText()).isEqualTo("up");
            assertThat(exchange.at("/request/headers/content-type").asText()).isEqualTo("application/json");
            assertThat(exchange.at("/request/body/messages/0/content").asText()).isEqualTo("hello there");
            assertThat(exchange.at("/response/headers/content-type").asText()).startsWith("application/json");
            assertThat(exchange.at("/response/body/id").asText()).isEqualTo("c");
            assertThat(text()).doesNotContain("canary").doesNotContain("crumb").doesNotContain("alice");
            assertThat(deployment.metricsAtRest().sum("llmproxy_capture_records_total", "result=\"written\""))
                    .isEqualTo(2);
        }
    }

    @Test
    void aConvertedStreamIsWrittenInBothApis() {
        upstream.otherwise(Behaviour.streams(Duration.ZERO, EVENTS));
        try (Deployment deployment = Deployment.start(Deployment.Kind.LAUNCHER, gateway(""))) {
            Answer answer =
                    ask(deployment, "/v1/messages", MESSAGE.replace("{\"model\"", "{\"stream\":true,\"model\""));
            assertThat(answer.text()).contains("message_stop");

            List<JsonNode> records = records(2);
            JsonNode attempt = of(records, "attempt");
            assertThat(attempt.at("/request/path").asText()).isEqualTo(CHAT);
            assertThat(attempt.at("/request/body/stream").asBoolean()).isTrue();
            assertThat(attempt.at("/response/body").asText())
                    .contains("chat.completion.chunk")
                    .contains("[DONE]");
            JsonNode exchange = of(records, "exchange");
            assertThat(exchange.at("/request/body/max_tokens").asInt()).isEqualTo(9);
            assertThat(exchange.at("/response/body").asText())
                    .contains("event: message_start")
                    .contains("one");
        }
    }

    @Test
    void onlyWhatFailedIsWrittenWhereThatIsAskedFor() {
        upstream.otherwise(Behaviour.alternates(Behaviour.json(ANSWER), Behaviour.status(400, JSON_TYPE, ANSWER)));
        try (Deployment deployment =
                Deployment.start(Deployment.Kind.LAUNCHER, gateway(", errors_only: true, sides: [client]"))) {
            ask(deployment, CHAT, QUESTION.formatted("well"));
            ask(deployment, CHAT, QUESTION.formatted("badly"));
            ask(deployment, CHAT, "{\"model\":\"unknown\"}");

            List<JsonNode> records = records(2);
            assertThat(records).hasSize(2);
            assertThat(records.get(0).at("/request/body/messages/0/content").asText())
                    .isEqualTo("hello badly");
            assertThat(records.get(0).path("status").asInt()).isEqualTo(400);
            assertThat(records.get(1).path("attempts").asInt()).isZero();
            assertThat(records.get(1).at("/request/body/model").asText()).isEqualTo("unknown");
            assertThat(records.get(1).at("/response/body/error").isObject()).isTrue();
        }
    }

    @Test
    void whatWasNotChosenIsNotWritten() {
        upstream.otherwise(Behaviour.json(ANSWER));
        Gateway gateway = gateway(", forwards: [other], keys: [team]");
        try (Deployment deployment = Deployment.start(Deployment.Kind.LAUNCHER, gateway)) {
            ask(deployment, CHAT, QUESTION.formatted("there"));
            deployment.reconfigure(gateway(", until: 2020-01-01"));
            assertThat(reload(deployment)).isEqualTo(200);
            ask(deployment, CHAT, QUESTION.formatted("there"));
            deployment.reconfigure(gateway(", upstreams: [up], keys: [team], max_body: 1KiB"));
            assertThat(reload(deployment)).isEqualTo(200);
            ask(deployment, CHAT, QUESTION.formatted("you " + "x".repeat(5000)));

            List<JsonNode> records = records(2);
            assertThat(records).hasSize(2);
            JsonNode request = of(records, "exchange").path("request");
            assertThat(request.path("cut").asBoolean()).isTrue();
            assertThat(request.path("bytes").asInt()).isGreaterThan(5000);
            assertThat(request.path("body").asText()).hasSize(1024).contains("hello you xxx");
        }
    }

    private static int reload(Deployment deployment) {
        return RawClient.exchange(deployment.admin("/admin/reload"), "POST", TOKEN, new byte[0])
                .status();
    }

    @Test
    void noRequestFailsWhereNothingCanBeWritten() throws IOException {
        upstream.otherwise(Behaviour.json(ANSWER));
        Files.writeString(directory(), "a file in the way");
        try (Deployment deployment = Deployment.start(Deployment.Kind.LAUNCHER, gateway(""))) {
            assertThat(ask(deployment, CHAT, QUESTION.formatted("there")).status())
                    .isEqualTo(200);

            Awaitility.await()
                    .until(() -> deployment.metrics().sum("llmproxy_capture_records_total", "result=\"dropped\"") == 2);
            assertThat(deployment.metrics().sum("llmproxy_capture_degraded")).isEqualTo(1);
            assertThat(deployment.log()).contains("capture: records cannot be written and are dropped");
        }
    }
}
