package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.ApiDocument;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;

/** A proxy in front says who calls, and nobody else can. */
class SsoProxyIT {
    private static final String SECRET = "X-LLMProxy-Proxy-Secret: secret-of-the-proxy\r\n";
    private static final String OURS =
            "Sec-Fetch-Site: same-origin\r\nX-LLMProxy-UI: 1\r\nContent-Type: application/json\r\n";

    private static Gateway gateway(String network, String viewers) {
        return new Gateway()
                .admin("token: operators-token, sso: {trusted_proxies: [\"" + network
                        + "\"], secret: secret-of-the-proxy, admin_groups: [platform], editor_groups: [llm, dev]"
                        + viewers + "}")
                .single("main", "http://127.0.0.1:9", "", "", "");
    }

    private static Answer call(Deployment deployment, String method, String path, String headers) {
        Answer answer = RawClient.exchange(deployment.admin("/admin/api/v1" + path), method, headers, new byte[0]);
        assertThat(ApiDocument.shared().problems(method, path, answer)).isEmpty();
        return answer;
    }

    private static String person(String name, String groups) {
        return "X-Forwarded-User: " + name + "\r\nX-Forwarded-Groups: " + groups + "\r\n";
    }

    private static JsonNode json(Answer answer) throws IOException {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return new ObjectMapper().readTree(answer.text());
    }

    @ParameterizedTest
    @KindSource
    void theProxySaysWhoCalls(Deployment.Kind kind) throws IOException {
        try (Deployment deployment = Deployment.start(kind, gateway("127.0.0.0/8", ", viewer_groups: [\"*\"]"))) {
            JsonNode ann = json(call(deployment, "GET", "/session", SECRET + person("ann@example.com", "x, llm")));
            assertThat(ann.at("/name").asText()).isEqualTo("sso:ann@example.com");
            assertThat(ann.at("/role").asText()).isEqualTo("editor");
            assertThat(ann.at("/signed_in_by").asText()).isEqualTo("proxy");
            assertThat(json(call(deployment, "GET", "/session", SECRET + person("bob", "platform,llm")))
                            .at("/role")
                            .asText())
                    .isEqualTo("admin");
            assertThat(json(call(deployment, "GET", "/session", SECRET + person("eve", "")))
                            .at("/role")
                            .asText())
                    .isEqualTo("viewer");
            assertThat(json(call(deployment, "GET", "/session/ways", SECRET + person("eve", "")))
                            .at("/signed_in")
                            .asBoolean())
                    .isTrue();

            // The browser shows the proxy's cookie for every page that asks.
            String bob = SECRET + person("bob", "platform");
            assertThat(call(deployment, "POST", "/reload", bob).status()).isEqualTo(403);
            assertThat(call(deployment, "POST", "/reload", bob + OURS.replace("same-origin", "cross-site"))
                            .status())
                    .isEqualTo(403);
            assertThat(call(deployment, "POST", "/reload", bob + OURS).status()).isEqualTo(200);
            assertThat(call(deployment, "POST", "/reload", SECRET + person("eve", "") + OURS)
                            .status())
                    .isEqualTo(403);
        }
    }

    @ParameterizedTest
    @KindSource
    void whatTheProxyDidNotSayCountsForNothing(Deployment.Kind kind) {
        try (Deployment deployment = Deployment.start(kind, gateway("127.0.0.0/8", ""))) {
            String ann = person("ann", "platform");
            for (String forged : List.of(
                    ann,
                    ann + "X-LLMProxy-Proxy-Secret: wrong\r\n",
                    ann + "X-LLMProxy-Proxy-Secret: \r\n",
                    SECRET,
                    SECRET + "X-Forwarded-User: \r\n",
                    ann + "Authorization: Bearer wrong\r\n" + SECRET)) {
                assertThat(call(deployment, "GET", "/session", forged).status())
                        .as(forged)
                        .isEqualTo(401);
            }
            Answer nothing = call(deployment, "GET", "/session", SECRET + person("eve", "others"));
            assertThat(nothing.status()).isEqualTo(403);
            assertThat(nothing.text()).contains("None of the caller's groups has a role here");
        }
        try (Deployment elsewhere = Deployment.start(kind, gateway("10.0.0.0/8", ""))) {
            assertThat(call(elsewhere, "GET", "/session", SECRET + person("ann", "platform"))
                            .status())
                    .isEqualTo(401);
        }
    }
}
