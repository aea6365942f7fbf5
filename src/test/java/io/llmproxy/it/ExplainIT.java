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
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;

/** Operators ask why a request went where it went. */
class ExplainIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String TOKEN = "Authorization: Bearer operator-token\r\n";
    private static final String PROMPT = "canary-of-a-prompt";

    private static Gateway gateway(FakeUpstream upstream) {
        return new Gateway()
                .admin("token: operator-token")
                .top("keys: [{name: curious, key: sk-curious-1, explain: true}, {name: plain, key: sk-plain-1}]")
                .upstream("bad", upstream.url() + "/bad", "")
                .upstream("off", upstream.url() + "/off", "enabled: false")
                .upstream("other", upstream.url() + "/other", "models: [another]")
                .upstream("good", upstream.url() + "/good", "")
                .group("g", "{name: bad}, {name: off}, {name: other}, {name: good}", "balance: {strategy: failover}")
                .forward("f", "g", "routing: [{path: /v1/chat/completions, target_group: g}]");
    }

    private static Answer ask(Deployment deployment, String key, String id, String more) {
        byte[] body = ("{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"" + PROMPT + "\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        return RawClient.exchange(
                deployment.forward("f", CHAT),
                "POST",
                "Authorization: Bearer " + key + "\r\nX-Request-Id: " + id + "\r\n" + more,
                body);
    }

    private static Answer explain(Deployment deployment, String path) {
        return RawClient.exchange(deployment.admin("/admin/explain" + path), "GET", TOKEN, new byte[0]);
    }

    private static List<String> steps(JsonNode request) {
        List<String> steps = new ArrayList<>();
        request.at("/steps")
                .forEach(step -> steps.add(step.at("/step").asText()
                        + step.at("/chosen").asText("").transform(name -> name.isEmpty() ? "" : " " + name)
                        + step.at("/upstream").asText("").transform(name -> name.isEmpty() ? "" : " " + name)
                        + step.at("/because").asText("").transform(why -> why.isEmpty() ? "" : " " + why)));
        return steps;
    }

    @ParameterizedTest
    @KindSource
    void eachChoiceIsToldWithItsReasons(Deployment.Kind kind) throws Exception {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, gateway(upstream))) {
            upstream.on("/bad" + CHAT, Behaviour.status(503, "", "{\"error\": \"canary-of-an-upstream\"}"));
            upstream.on("/good" + CHAT, Behaviour.json("{}"));

            Answer told = ask(deployment, "sk-curious-1", "first-1", "X-LLMProxy-Explain: 1\r\n");
            Answer untold = ask(deployment, "sk-plain-1", "second-2", "X-LLMProxy-Explain: 1\r\n");
            Answer unasked = ask(deployment, "sk-curious-1", "third-3", "");

            assertThat(told.status()).isEqualTo(200);
            assertThat(told.header("X-LLMProxy-Decision"))
                    .isEqualTo("group=g; upstream=good; attempts=2;"
                            + " tried=off:disabled,other:model_not_served,bad:503,good:200");
            assertThat(untold.head().has("X-LLMProxy-Decision")).isFalse();
            assertThat(unasked.head().has("X-LLMProxy-Decision")).isFalse();
            upstream.requests()
                    .forEach(request ->
                            assertThat(request.head().has("X-LLMProxy-Explain")).isFalse());

            deployment.metricsAtRest();
            Answer answer = explain(deployment, "/first-1");
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.text()).doesNotContain("canary", "sk-curious-1");
            JsonNode request = new ObjectMapper().readTree(answer.text()).at("/requests/0");
            assertThat(request.at("/key").asText()).isEqualTo("curious");
            assertThat(request.at("/route/rule").asText()).isEqualTo("path=" + CHAT);
            assertThat(request.at("/route/group").asText()).isEqualTo("g");
            assertThat(steps(request))
                    .startsWith("pick bad", "attempt bad", "pick good")
                    .endsWith("attempt good");
            assertThat(request.at("/steps/0/candidates/1/excluded").asText()).isEqualTo("disabled");
            assertThat(request.at("/steps/0/candidates/2/excluded").asText()).isEqualTo("model_not_served");
            assertThat(request.at("/steps/0/candidates/3").has("excluded")).isFalse();
            assertThat(request.at("/steps/1/status").asInt()).isEqualTo(503);
            assertThat(request.at("/steps/2/candidates/0/excluded").asText()).isEqualTo("tried");
            assertThat(request.at("/end/status").asInt()).isEqualTo(200);
            assertThat(request.at("/end/outcome").asText()).isEqualTo("completed");

            assertThat(new ObjectMapper()
                            .readTree(explain(deployment, "?upstream=bad").text())
                            .at("/requests"))
                    .hasSize(3);
            assertThat(new ObjectMapper()
                            .readTree(explain(deployment, "?error=upstream_timeout")
                                    .text())
                            .at("/requests"))
                    .isEmpty();
            assertThat(explain(deployment, "/unknown-id").status()).isEqualTo(404);
            assertThat(explain(deployment, "?slower_than=soon").status()).isEqualTo(400);
            assertThat(RawClient.exchange(deployment.admin("/admin/explain/first-1"), "GET", "", new byte[0])
                            .status())
                    .isEqualTo(401);
        }
    }
}
