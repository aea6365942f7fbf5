package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;

/** All spellings of a path lead to the same rule, the same allowed models and the same answers, or nowhere. */
class SpellingsIT {
    private static final String KEY = "Authorization: Bearer sk-spelling-key\r\n";
    private static final String LIST = "{\"data\":[{\"id\":\"open\"},{\"id\":\"secret\"}]}";

    private final World world = World.fresh();

    private Answer ask(
            Deployment.Kind kind, String forward, String method, String target, String headers, String body) {
        String length =
                body.isEmpty() ? "" : "Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length + "\r\n";
        String head = method + " " + target + " HTTP/1.1\r\nHost: client.test\r\n" + headers + length + "\r\n";
        return RawClient.exchange(world.deployment(kind).forward(forward), head + body);
    }

    private Answer get(Deployment.Kind kind, String forward, String target) {
        return ask(kind, forward, "GET", target, "", "");
    }

    private void assertServedBy(FakeUpstream target, Deployment.Kind kind, List<String> spellings) {
        for (String spelling : spellings) {
            World.fresh();
            assertThat(get(kind, "routed", spelling).status()).as(spelling).isEqualTo(200);
            assertThat(target.requests()).as(spelling).hasSize(1);
            assertThat(target.requests().get(0).head().target())
                    .as("what is passed on")
                    .isEqualTo(spelling.replaceAll("/{2,}", "/"));
        }
    }

    @ParameterizedTest
    @KindSource
    void noSpellingLeadsPastARule(Deployment.Kind kind) {
        assertServedBy(
                world.first,
                kind,
                List.of(
                        "/v1/models/special",
                        "/v1/models/special/",
                        "//v1/models/special",
                        "///v1//models///special//",
                        "/%761/models/special",
                        "/v1/%6Dodels/%73pecial",
                        "/v1/chat/x",
                        "/v1/chat/",
                        "//v1/chat/x",
                        "/v1/%63hat/x?a=b",
                        "/v1/chat;a=b/x",
                        "/v1;a/chat/x;b"));
        assertServedBy(
                world.second,
                kind,
                List.of(
                        "/v1/models/any",
                        "/v1/models/any/",
                        "//v1/models/any",
                        "/v1/models/org%2Fname",
                        "/v1/models/org%2fname",
                        "/v1/models/org/name",
                        "/v1/models/org%2Fname/",
                        "/v1/models/100%25",
                        "/files/4%32",
                        "/files/42/",
                        "/files//42",
                        "/files/42;a=b"));
    }

    @ParameterizedTest
    @KindSource
    void whatCouldBeReadInSeveralWaysIsRefused(Deployment.Kind kind) {
        for (String target : List.of(
                "/v1/models/a%252Fb",
                "/v1/models/a%25%32%46b",
                "/v1/models/a%5Cb",
                "/v1/models/a%5cb",
                "/v1/models/..%2Fspecial",
                "/v1/models/x%2F..%2Fspecial",
                "/v1/models/x%2F%2e%2E%2Fspecial",
                "/v1/models/x%2F.%2Fy",
                "/v1/models/%2Fx",
                "/v1/models/x%2F",
                "/v1/models/x%2F%2Fy",
                "/v1/models/x%2F/y",
                "/v1/models/a;b",
                "/v1/models/a%2Fb;c",
                "/v1/chat%2Fx",
                "/v1%2Fmodels/x",
                "/v1/x;a%2Fb",
                "/openai/deployments/a%2Fb/chat/completions",
                "/v1/%c0%afx",
                "/v1/%e0%80%afx",
                "/v1/%ff",
                "/v1/a%u002fb",
                "/v1/a%2",
                "/v1/{a}",
                "/v1/a\"b",
                "/v1/a|b")) {
            Answer answer = get(kind, "routed", target);
            assertThat(answer.status()).as(target).isEqualTo(400);
            // What is no URI at all is refused before that, in other words.
            if (kind == Deployment.Kind.LAUNCHER && !target.endsWith("%2")) {
                assertThat(answer.header("X-LLMProxy-Error")).as(target).isEqualTo("invalid_path");
            }
        }
        for (FakeUpstream upstream : List.of(world.upstream, world.first, world.second)) {
            assertThat(upstream.requests()).isEmpty();
        }
    }

    @ParameterizedTest
    @KindSource
    void noSpellingLeadsPastTheModelsOfAKey(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json("{}"));
        for (String target : List.of(
                "/v1/models/secret",
                "/v1/models/secret/",
                "//v1//models//secret",
                "/v1/%6dodels/secret",
                "/v1/models/%73ecret",
                "/V1/MODELS/secret",
                "/v1/models/org%2Fsecret",
                "/v1/models/org/secret",
                "/v1/models/secret;open",
                "/v1/models/open;/../secret",
                "/v1/models/open%2F..%2Fsecret",
                "/v1beta/models/secret:generateContent",
                "/v1beta//models/secret:generateContent",
                "/v1beta/models/secret%3AgenerateContent",
                "/v1beta/models/secret:generateContent/",
                "/v1beta/tunedModels/secret:generateContent",
                "/v1beta/TunedModels/secret:generateContent",
                "/v1/projects/p/locations/l/Publishers/q/Models/secret:rawPredict",
                "/openai/deployments/secret/chat/completions",
                "/openai//deployments/secret/chat/completions/",
                "/openai/Deployments/secret/chat/completions",
                "/OpenAI/deployment%73/secret/chat/completions",
                "/openai/deployments/open%2F..%2Fsecret/chat/completions")) {
            for (String method : List.of("GET", "POST")) {
                String body = method.equals("POST") ? "{\"model\":\"open\"}" : "";
                Answer answer = ask(kind, "confined", method, target, KEY + "Content-Type: application/json\r\n", body);
                assertThat(answer.status()).as(method + " " + target).isIn(400, 403);
            }
        }
        assertThat(world.upstream.requests()).isEmpty();
        for (String target : List.of(
                "/v1/models/open",
                "/v1/models/open/",
                "/V1/models/open",
                "/v1/models/org%2Fopen",
                "/v1/models/org/open",
                "//v1/models/org%2fopen",
                "/v1beta/models/open:generateContent")) {
            assertThat(ask(kind, "confined", "GET", target, KEY, "").status())
                    .as(target)
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @KindSource
    void noSpellingLeadsPastTheGatewaysOwnAnswers(Deployment.Kind kind) {
        world.upstream.otherwise(Behaviour.json(LIST));
        for (String target : List.of(
                "/v1/models",
                "/v1/models/",
                "//v1/models",
                "/v1//models",
                "/%761/models",
                "/v1/model%73",
                "/V1/Models",
                "/v1/models;a=b",
                "/v1/models?a=b",
                "/v1beta/models",
                "/v1beta/models//")) {
            Answer confined = ask(kind, "confined", "GET", target, KEY, "");
            assertThat(confined.status()).as(target).isEqualTo(200);
            assertThat(confined.text()).as(target).contains("open").doesNotContain("secret");
            Answer listed = get(kind, "listed", target);
            assertThat(listed.text()).as(target).contains("org/model-7b").doesNotContain("secret");
        }
    }

    @ParameterizedTest
    @KindSource
    void aModelIsFoundByTheNameThatItsClientsEscape(Deployment.Kind kind) {
        for (String target :
                List.of("/v1/models/org%2Fmodel-7b", "/v1/models/org%2fmodel-7b", "/v1/models/org/model-7b/")) {
            for (String headers : List.of("", "anthropic-version: 2023-06-01\r\n")) {
                Answer answer = ask(kind, "listed", "GET", target, headers, "");
                assertThat(answer.status()).as(target).isEqualTo(200);
                assertThat(answer.text()).as(target).contains("\"org/model-7b\"");
            }
        }
        assertThat(world.upstream.requests()).isEmpty();
    }
}
