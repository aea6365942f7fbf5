package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.nio.charset.StandardCharsets;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;

/** Metrics under the names of others. */
class MetricNamesIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String ANSWER = """
            {"id": "c", "object": "chat.completion", "model": "gpt-5", "choices": [{"index": 0, "message": {"role": "assistant", \
            "content": "Hi"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}}""";

    private static Gateway gateway(FakeUpstream upstream, String names) {
        return gateway(upstream, names, "");
    }

    private static Gateway gateway(FakeUpstream upstream, String names, String more) {
        return new Gateway()
                .top("metrics: {names: [" + names + "]" + more + "}")
                .top("keys: [{name: team-a, key: sk-team-a-1}]")
                .single(
                        "f",
                        upstream.url(),
                        "provider: openai, models: [gpt-5], auth: {type: bearer, token: sk-x}",
                        "",
                        "");
    }

    private static void ask(Deployment deployment, String model) {
        byte[] body = ("{\"model\": \"" + model + "\", \"messages\": []}").getBytes(StandardCharsets.UTF_8);
        RawClient.exchange(deployment.forward("f", CHAT), "POST", "Authorization: Bearer sk-team-a-1\r\n", body);
    }

    private static String scraped(Deployment deployment) {
        return RawClient.exchange(deployment.admin("/metrics"), "GET", "", new byte[0])
                .text();
    }

    @ParameterizedTest
    @KindSource
    void allSetsTellTheSame(Deployment.Kind kind) throws Exception {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, gateway(upstream, "llmproxy, llm_proxy, gen_ai"))) {
            upstream.otherwise(Behaviour.json(ANSWER));
            ask(deployment, "gpt-5");
            ask(deployment, "gpt-5");

            String of =
                    "api_key_name=\"team-a\",endpoint=\"" + CHAT + "\",method=\"POST\",model=\"gpt-5\",provider=\"f\"";
            String genAi =
                    "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\",gen_ai_request_model=\"gpt-5\"";
            deployment.metricsAtRest();
            assertThat(scraped(deployment))
                    .contains("llmproxy_usage_input_tokens_total{model=\"gpt-5\",upstream=\"f\"} 24.0")
                    .contains("llm_proxy_requests_total{" + of + ",status_code=\"200\"} 2.0")
                    .contains("llm_proxy_request_duration_seconds_count{" + of + "} 2")
                    .contains(
                            "llm_proxy_tokens_total{api_key_name=\"team-a\",model=\"gpt-5\",provider=\"f\",token_type=\"prompt\"} 24.0")
                    .contains(
                            "llm_proxy_tokens_total{api_key_name=\"team-a\",model=\"gpt-5\",provider=\"f\",token_type=\"total\"} 34.0")
                    .contains("llm_proxy_provider_health{provider=\"f\"} 1.0")
                    .contains("gen_ai_client_operation_duration_seconds_count{" + genAi + "} 2")
                    .contains("gen_ai_client_token_usage_sum{" + genAi + ",gen_ai_token_type=\"input\"} 24.0")
                    .contains(
                            "gen_ai_client_token_usage_bucket{" + genAi + ",gen_ai_token_type=\"output\",le=\"4.0\"} 0")
                    .contains("gen_ai_client_token_usage_bucket{" + genAi
                            + ",gen_ai_token_type=\"output\",le=\"16.0\"} 2");
        }
    }

    @ParameterizedTest
    @KindSource
    void requestsTokensAndCostAreToldByKeyWhereThatIsAskedFor(Deployment.Kind kind) throws Exception {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment =
                        Deployment.start(kind, gateway(upstream, "llmproxy, llm_proxy, gen_ai", ", by_key: true"))) {
            upstream.otherwise(Behaviour.json(ANSWER));
            ask(deployment, "gpt-5");
            ask(deployment, "gpt-5");
            String stranger = "Authorization: Bearer sk-canary-stranger\r\n";
            RawClient.exchange(deployment.forward("f", CHAT), "POST", stranger, new byte[0]);

            deployment.metricsAtRest();
            String scraped = scraped(deployment);
            assertThat(scraped)
                    .contains("llmproxy_http_requests_total{forward=\"f\",key=\"team-a\",method=\"POST\",path=\"" + CHAT
                            + "\"} 2.0")
                    .contains("llmproxy_http_requests_total{forward=\"f\",key=\"-\",method=\"POST\",path=\"" + CHAT
                            + "\"} 1.0")
                    .contains("llmproxy_usage_input_tokens_total{key=\"team-a\",model=\"gpt-5\",upstream=\"f\"} 24.0")
                    .contains("llmproxy_usage_output_tokens_total{key=\"team-a\",model=\"gpt-5\",upstream=\"f\"} 10.0")
                    .contains("llm_proxy_tokens_total{api_key_name=\"team-a\",model=\"gpt-5\",provider=\"f\","
                            + "token_type=\"total\"} 34.0")
                    .doesNotContain("canary");
            assertThat(scraped.lines().filter(line -> line.startsWith("gen_ai_")))
                    .isNotEmpty()
                    .noneMatch(line -> line.contains("key="));
        }
    }

    @ParameterizedTest
    @KindSource
    void ourNamesCanBeLeftOut(Deployment.Kind kind) throws Exception {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, gateway(upstream, "llm_proxy"))) {
            upstream.otherwise(Behaviour.json(ANSWER));
            ask(deployment, "gpt-5");

            Awaitility.await()
                    .untilAsserted(() -> assertThat(scraped(deployment))
                            .contains("llm_proxy_requests_total", "jvm_memory_used_bytes")
                            .doesNotContain("\nllmproxy_", "gen_ai_"));
        }
    }
}
