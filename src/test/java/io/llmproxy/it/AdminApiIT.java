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
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;

/** Who may call the admin API, and what comes of calls that are not as they should be. */
class AdminApiIT {
    private static final String TOKEN = "operator-token-canary";
    private static final String BEARER = "Authorization: Bearer " + TOKEN + "\r\n";
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String OURS = "Sec-Fetch-Site: same-origin\r\nX-LLMProxy-UI: 1\r\n" + JSON;

    private static Gateway gateway() {
        return new Gateway().admin("token: " + TOKEN).single("main", "http://127.0.0.1:9", "", "", "");
    }

    private static Answer call(Deployment deployment, String method, String path, String headers, String body) {
        URI uri = deployment.admin("/admin/api/v1" + path);
        Answer answer = RawClient.exchange(uri, method, headers, body.getBytes(StandardCharsets.UTF_8));
        assertThat(answer.text()).doesNotContain(TOKEN);
        return answer;
    }

    private static Answer documented(Deployment deployment, String method, String path, String headers, String body) {
        Answer answer = call(deployment, method, path, headers, body);
        assertThat(ApiDocument.shared().problems(method, path.split("\\?", 2)[0], answer))
                .isEmpty();
        return answer;
    }

    private static JsonNode json(Answer answer) {
        try {
            return new ObjectMapper().readTree(answer.text());
        } catch (IOException e) {
            throw new AssertionError(answer.toString(), e);
        }
    }

    private static String code(Answer answer) {
        assertThat(answer.header("Content-Type")).as(answer.toString()).isEqualTo("application/problem+json");
        assertThat(json(answer).at("/status").asInt()).isEqualTo(answer.status());
        assertThat(json(answer).at("/request_id").asText()).isEqualTo(answer.header("X-Request-Id"));
        return answer.status() + " " + json(answer).at("/code").asText();
    }

    private static String signIn(Deployment deployment) {
        Answer answer = documented(deployment, "POST", "/session", OURS, "{\"token\": \"" + TOKEN + "\"}");
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        String cookie = answer.header("Set-Cookie");
        assertThat(cookie)
                .startsWith("llmproxy_session=")
                .contains("; HttpOnly")
                .contains("; SameSite=Strict")
                // The caller is on this machine, where a browser may have no TLS.
                .doesNotContain("Secure");
        return "Cookie: " + cookie.substring(0, cookie.indexOf(';')) + "\r\n";
    }

    @ParameterizedTest
    @KindSource
    void aCallerIsKnownByTokenOrSession(Deployment.Kind kind) {
        try (Deployment deployment = Deployment.start(kind, gateway())) {
            assertThat(code(documented(deployment, "GET", "/session", "", ""))).isEqualTo("401 unauthorized");
            assertThat(code(documented(deployment, "GET", "/session", "Authorization: Bearer wrong\r\n", "")))
                    .isEqualTo("401 unauthorized");
            JsonNode byToken = json(documented(deployment, "GET", "/session", BEARER, ""));
            assertThat(byToken.at("/role").asText()).isEqualTo("admin");
            assertThat(byToken.at("/mode").asText()).isEqualTo("file");
            assertThat(byToken.at("/expires_at").isNull()).isTrue();

            String cookie = signIn(deployment);
            JsonNode bySession = json(documented(deployment, "GET", "/session", cookie, ""));
            assertThat(bySession.at("/signed_in_by").asText()).isEqualTo("session");
            assertThat(bySession.at("/idle_until").asText()).endsWith("Z");

            String second = signIn(deployment);
            assertThat(second).isNotEqualTo(cookie);
            assertThat(documented(deployment, "DELETE", "/session", cookie + OURS, "")
                            .status())
                    .isEqualTo(204);
            assertThat(call(deployment, "GET", "/session", cookie, "").status()).isEqualTo(401);
            assertThat(call(deployment, "GET", "/session", second, "").status()).isEqualTo(200);

            // Without a store, the log has what was done.
            assertThat(code(documented(deployment, "GET", "/audit", BEARER, "")))
                    .isEqualTo("409 file_mode");
            Awaitility.await()
                    .untilAsserted(() -> assertThat(deployment.log())
                            .contains(
                                    "{\"action\":\"session.open\",\"object\":\"\",\"outcome\":\"done\",\"actor\":\"operator\"",
                                    "{\"action\":\"session.close\",\"object\":\"\",\"outcome\":\"done\",\"actor\":\"operator\"",
                                    "{\"action\":\"call\",\"object\":\"GET /session\",\"outcome\":\"unauthorized\",\"actor\":\"unknown\"")
                            .doesNotContain(TOKEN));
        }
    }

    @ParameterizedTest
    @KindSource
    void onlyTheConsoleChangesSomethingWithTheCookie(Deployment.Kind kind) {
        try (Deployment deployment = Deployment.start(kind, gateway())) {
            String cookie = signIn(deployment);
            String own = "Origin: http://client.test\r\nX-LLMProxy-UI: 1\r\n" + JSON;
            for (String foreign : List.of(
                    "",
                    JSON + "X-LLMProxy-UI: 1\r\n",
                    JSON + "Sec-Fetch-Site: same-origin\r\n",
                    JSON + "X-LLMProxy-UI: 1\r\nSec-Fetch-Site: cross-site\r\n",
                    JSON + "X-LLMProxy-UI: 1\r\nSec-Fetch-Site: same-site\r\n",
                    JSON + "X-LLMProxy-UI: 1\r\nOrigin: http://elsewhere.test\r\n",
                    JSON + "X-LLMProxy-UI: 1\r\nOrigin: null\r\n",
                    own + "Sec-Fetch-Site: cross-site\r\n")) {
                assertThat(code(call(deployment, "DELETE", "/session", cookie + foreign, "")))
                        .as(foreign)
                        .isEqualTo("403 cross_site");
            }
            String untyped = "Sec-Fetch-Site: same-origin\r\nX-LLMProxy-UI: 1\r\n";
            assertThat(code(call(deployment, "DELETE", "/session", cookie + untyped, "")))
                    .isEqualTo("415 unsupported_media_type");
            assertThat(code(call(
                            deployment,
                            "POST",
                            "/session",
                            JSON + "Origin: http://elsewhere.test\r\n",
                            "{\"token\": \"" + TOKEN + "\"}")))
                    .isEqualTo("403 cross_site");
            assertThat(call(deployment, "GET", "/session", cookie, "").status()).isEqualTo(200);

            assertThat(call(deployment, "DELETE", "/session", cookie + own, "").status())
                    .isEqualTo(204);
        }
    }

    @ParameterizedTest
    @KindSource
    void wrongCallsAreToldWhatIsWrong(Deployment.Kind kind) {
        try (Deployment deployment = Deployment.start(kind, gateway())) {
            assertThat(code(call(deployment, "GET", "/nothing", BEARER, ""))).isEqualTo("404 not_found");
            assertThat(code(call(deployment, "GET", "", BEARER, ""))).isEqualTo("404 not_found");
            Answer method = call(deployment, "PUT", "/session", BEARER, "");
            assertThat(code(method)).isEqualTo("405 method_not_allowed");
            assertThat(method.header("Allow")).isEqualTo("DELETE, GET, HEAD, POST");
            assertThat(code(call(deployment, "OPTIONS", "/session", BEARER, "")))
                    .isEqualTo("405 method_not_allowed");
            assertThat(code(call(deployment, "POST", "/session", "", "token=x")))
                    .isEqualTo("415 unsupported_media_type");
            assertThat(code(documented(deployment, "POST", "/session", JSON, "")))
                    .isEqualTo("400 invalid_request");
            assertThat(code(documented(deployment, "POST", "/session", JSON, "{\"token\": \"x")))
                    .isEqualTo("400 invalid_request");
            assertThat(code(documented(deployment, "POST", "/session", JSON, "null")))
                    .isEqualTo("400 invalid_request");
            Answer unknown = documented(deployment, "POST", "/session", JSON, "{\n\"tokn\": \"x\"}");
            assertThat(json(unknown).at("/problems/0/path").asText()).isEqualTo("tokn");
            assertThat(json(unknown).at("/problems/0/line").asInt()).isEqualTo(2);
            assertThat(json(unknown).at("/problems/0/message").asText())
                    .isEqualTo("unknown (expected: code, iss, name, page, password, state, token)");
            URI session = deployment.admin("/admin/api/v1/session");
            try (RawClient client = RawClient.connect(session)) {
                // A client that sends all of it may find the connection closed before it has read the answer.
                String length = "Content-Length: " + (4 * 1024 * 1024 + 1) + "\r\n";
                client.send("POST", RawClient.target(session), JSON + length, new byte[0]);
                assertThat(code(client.answer())).isEqualTo("413 too_large");
            }
            assertThat(deployment.log()).doesNotContain("org.glassfish").doesNotContain("ERROR");
        }
    }

    @ParameterizedTest
    @KindSource
    void guessesAreSlowedAndNobodyIsLockedOut(Deployment.Kind kind) {
        try (Deployment deployment = Deployment.start(kind, gateway())) {
            String cookie = signIn(deployment);
            Answer last = null;
            for (int i = 0; i < 20; i++) {
                last = documented(deployment, "POST", "/session", JSON, "{\"token\": \"guess-" + i + "\"}");
            }
            assertThat(code(Objects.requireNonNull(last))).isEqualTo("429 too_many_attempts");
            assertThat(last.header("Retry-After")).isNotEmpty();
            assertThat(call(deployment, "GET", "/session", cookie, "").status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @KindSource(Deployment.Kind.LAUNCHER)
    void behindAProxyAStrangersGuessesKeepNobodyElseOut(Deployment.Kind kind) {
        Gateway proxied = new Gateway()
                .admin("token: " + TOKEN + ", trusted_proxies: [127.0.0.1]")
                .single("main", "http://127.0.0.1:9", "", "", "");
        try (Deployment deployment = Deployment.start(kind, proxied)) {
            String stranger = "X-Forwarded-For: 203.0.113.5\r\nAuthorization: Bearer wrong\r\n";
            int refused = 0;
            for (int guess = 0; guess < 100 && refused != 429; guess++) {
                refused = call(deployment, "GET", "/session", stranger, "").status();
            }
            assertThat(refused).isEqualTo(429);
            assertThat(call(deployment, "GET", "/session", "X-Forwarded-For: 203.0.113.6\r\n" + BEARER, "")
                            .status())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @KindSource(Deployment.Kind.LAUNCHER)
    void withoutATokenEveryCallIsRefused(Deployment.Kind kind) {
        try (Deployment deployment =
                Deployment.start(kind, new Gateway().single("main", "http://127.0.0.1:9", "", "", ""))) {
            assertThat(code(call(deployment, "GET", "/session", "", ""))).isEqualTo("403 admin_disabled");
            assertThat(code(call(deployment, "GET", "/session", BEARER, ""))).isEqualTo("403 admin_disabled");
            assertThat(code(call(deployment, "POST", "/session", JSON, "{\"token\": \"\"}")))
                    .isEqualTo("403 admin_disabled");
        }
    }
}
