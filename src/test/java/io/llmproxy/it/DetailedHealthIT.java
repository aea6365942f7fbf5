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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;

/** What operators are told of each upstream. */
class DetailedHealthIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String CANARY = "sk-canary-of-an-upstream";

    private static Gateway gateway(FakeUpstream upstream) {
        Map<String, String> keys = Map.of(
                "fine", "",
                "off", "enabled: false",
                "busy", "",
                "stranger", "auth: {type: bearer, token: " + CANARY + "}",
                "broken", "breaker: {threshold: 0.5, window: 2, cooldown: 60}",
                "sick", "health_check: {path: /health, interval: 1, unhealthy_threshold: 1}");
        Gateway gateway = new Gateway();
        keys.forEach((name, more) -> gateway.upstream(name, upstream.url() + "/" + name, more)
                .group(name, "{name: " + name + "}", "")
                .forward(name, name, ""));
        return gateway;
    }

    private static int ask(Deployment deployment, String forward) {
        return RawClient.exchange(deployment.forward(forward, CHAT), "POST", "", new byte[] {'{', '}'})
                .status();
    }

    private static JsonNode detailed(Deployment deployment) throws Exception {
        Answer answer = RawClient.exchange(deployment.admin("/health/detailed"), "GET", "", new byte[0]);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).startsWith("application/json");
        assertThat(answer.text()).doesNotContain(CANARY);
        return new ObjectMapper().readTree(answer.text());
    }

    private static List<String> checks(JsonNode health) {
        List<String> checks = new ArrayList<>();
        health.at("/checks")
                .forEach(check -> checks.add(
                        check.at("/name").asText() + " " + check.at("/status").asText() + " "
                                + check.at("/data/state").asText()));
        return checks;
    }

    @ParameterizedTest
    @KindSource
    void eachUpstreamIsToldWithTheReasonWhyItIsNotAsked(Deployment.Kind kind) throws Exception {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, gateway(upstream))) {
            upstream.otherwise(Behaviour.json("{}"));
            upstream.on("/busy" + CHAT, Behaviour.status(429, "Retry-After: 40\r\n", "{}"));
            upstream.on("/stranger" + CHAT, Behaviour.status(401, "", "{}"));
            upstream.on("/broken" + CHAT, Behaviour.status(500, "", "{}"));
            upstream.on("/sick/health", Behaviour.status(500, "", "{}"));

            assertThat(ask(deployment, "fine")).isEqualTo(200);
            assertThat(ask(deployment, "busy")).isEqualTo(429);
            assertThat(ask(deployment, "broken")).isEqualTo(500);
            assertThat(ask(deployment, "broken")).isEqualTo(500);
            ask(deployment, "stranger");

            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(checks(detailed(deployment)))
                            .contains(
                                    "upstream broken DOWN breaker_open",
                                    "upstream busy DOWN cooling_down",
                                    "upstream fine UP serving",
                                    "upstream off DOWN disabled",
                                    "upstream sick DOWN unhealthy",
                                    "upstream stranger DOWN keys_refused"));
            JsonNode health = detailed(deployment);
            assertThat(health.at("/status").asText()).isEqualTo("UP");
            assertThat(checks(health)).anyMatch(check -> check.startsWith("forwards UP"));
            health.at("/checks").forEach(check -> {
                if (check.at("/data/state").asText().equals("cooling_down")) {
                    assertThat(check.at("/data/retry_after_seconds").asInt()).isBetween(10, 40);
                }
                if (check.at("/data/state").asText().equals("serving")) {
                    assertThat(check.at("/data/in_flight").asInt(-1)).isZero();
                    assertThat(check.at("/data").has("retry_after_seconds")).isFalse();
                }
            });
        }
    }

    @ParameterizedTest
    @KindSource
    void theLastCallsOfAnUpstreamAreTold(Deployment.Kind kind) throws Exception {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, gateway(upstream))) {
            upstream.otherwise(Behaviour.json("{}"));
            upstream.on("/broken" + CHAT, Behaviour.status(500, "", "{\"error\": \"" + CANARY + "\"}"));
            for (int i = 0; i < 4; i++) {
                assertThat(ask(deployment, "fine")).isEqualTo(200);
            }
            assertThat(ask(deployment, "broken")).isEqualTo(500);
            assertThat(ask(deployment, "broken")).isEqualTo(500);

            deployment.metricsAtRest();
            JsonNode fine = upstream(detailed(deployment), "fine");
            JsonNode broken = upstream(detailed(deployment), "broken");

            assertThat(fine.at("/last_minute/requests").asInt()).isEqualTo(4);
            assertThat(fine.at("/last_minute/errors").asInt(-1)).isZero();
            assertThat(fine.at("/last_minute/latency_ms/p50").asLong())
                    .isBetween(1L, fine.at("/last_minute/latency_ms/p99").asLong());
            assertThat(fine.at("/last_errors").isEmpty()).isTrue();
            assertThat(fine.has("breaker")).isFalse();
            assertThat(broken.at("/last_minute/error_rate").asDouble()).isEqualTo(1);
            assertThat(broken.at("/breaker").asText()).isEqualTo("open");
            assertThat(broken.at("/last_errors")).hasSize(2);
            assertThat(broken.at("/last_errors/0/error").asText()).isEqualTo("upstream_error");
            assertThat(broken.at("/last_errors/0/status").asInt()).isEqualTo(500);
            assertThat(broken.at("/last_errors/0/seconds_ago").asInt()).isBetween(0, 60);
            assertThat(upstream(detailed(deployment), "off").has("last_minute")).isFalse();
        }
    }

    private static JsonNode upstream(JsonNode health, String name) {
        for (JsonNode check : health.at("/checks")) {
            if (check.at("/name").asText().equals("upstream " + name)) {
                return check.at("/data");
            }
        }
        throw new AssertionError("no upstream " + name + " in " + health);
    }
}
