package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;

/** Which upstream serves a model, what it is asked for, and what the client is told. */
class ModelsIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String CONFINED = "Authorization: Bearer sk-confined-key\r\n";
    private static final FakeUpstream FIRST = FakeUpstream.start();
    private static final FakeUpstream SECOND = FakeUpstream.start();
    private static final Map<Deployment.Kind, Deployment> DEPLOYMENTS = new EnumMap<>(Deployment.Kind.class);

    private static Gateway gateway() {
        return new Gateway()
                .upstream("first", FIRST.url(), "models: {gpt-4o: gpt-4o-2024-08-06, 'claude-*': claude-x, same: }")
                .upstream("second", SECOND.url(), "models: [small, 'big/*']")
                .upstream("any", SECOND.url(), "")
                .group("both", "{name: first}, {name: second}", "")
                .group("first", "{name: first}", "")
                .group("any", "{name: any}", "")
                .upstream("exact", SECOND.url() + "/v1/chat/completions", "url_mode: exact")
                .group("exact", "{name: exact}", "")
                .forward(
                        "exact",
                        "exact",
                        "keys: [{name: confined, key: sk-confined-key, allowed_models: [small, 'gpt-4*']}]")
                .upstream("anthropic", SECOND.url(), "provider: anthropic, models: {opus: claude-opus-4}")
                .upstream("google", SECOND.url(), "provider: gemini, models: [gemini-pro, tunedModels/mine]")
                .group("all", "{name: first}, {name: second}, {name: anthropic}, {name: google}", "convert: never")
                .forward(
                        "all",
                        "all",
                        "keys: [{name: open, key: sk-open-key}, {name: confined, key: sk-confined-key, "
                                + "allowed_models: [small, 'gpt-4*']}]")
                .upstream("heavy", FIRST.url(), "models: {shared: of-first, 'mine-[0-9]+|my-.*': by-pattern}")
                .upstream("light", SECOND.url(), "models: [shared]")
                .upstream("useless", SECOND.url() + "/useless", "models: [other]")
                .group(
                        "weighted",
                        "{name: heavy, weight: 2}, {name: light, weight: 1}, {name: useless, weight: 20}",
                        "balance: {strategy: weighted_roundrobin}")
                .group(
                        "drawn",
                        "{name: heavy, weight: 2}, {name: light, weight: 1}, {name: useless, weight: 20}",
                        "balance: {strategy: adaptive}")
                .forward("weighted", "weighted", "")
                .forward(
                        "drawn",
                        "drawn",
                        "keys: [{name: patterns, key: sk-confined-key, allowed_models: ['o[13]', 'a|shared', gpt-3.5]}]")
                .forward("both", "both", "model_prefix: Proxy")
                .forward("ruled", "any", "routing: [{model: 'gpt-*', target_group: first}]")
                .forward(
                        "confined",
                        "any",
                        "keys: [{name: confined, key: sk-confined-key, allowed_models: [small, 'gpt-4*']}]")
                .forward("plain", "any", "");
    }

    private static Deployment deployment(Deployment.Kind kind) {
        return DEPLOYMENTS.computeIfAbsent(kind, any -> Deployment.start(kind, gateway()));
    }

    @AfterAll
    static void stop() {
        DEPLOYMENTS.values().forEach(Deployment::close);
    }

    @BeforeEach
    void reset() {
        FIRST.reset();
        SECOND.reset();
        FIRST.otherwise(Behaviour.json("{\"model\":\"gpt-4o-2024-08-06\",\"choices\":[]}"));
        SECOND.otherwise(Behaviour.json("{\"model\":\"second\",\"choices\":[]}"));
    }

    private static Answer ask(Deployment.Kind kind, String forward, String path, String headers, String body) {
        return RawClient.exchange(
                deployment(kind).forward(forward, path), "POST", headers, body.getBytes(StandardCharsets.UTF_8));
    }

    private static Answer ask(Deployment.Kind kind, String forward, String body) {
        return ask(kind, forward, CHAT, JSON, body);
    }

    private static String sent(FakeUpstream upstream) {
        List<UpstreamRequest> requests = upstream.requests();
        assertThat(requests).hasSize(1);
        return new String(requests.get(0).body(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @KindSource
    void theUpstreamThatServesTheModelIsAskedByItsOwnName(Deployment.Kind kind) {
        Answer answer = ask(kind, "both", "{ \"messages\":[ ],\n \"model\" : \"gpt-4o\", \"n\":1.0e0}");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo("{\"model\":\"gpt-4o\",\"choices\":[]}");
        assertThat(answer.header("Content-Length")).as("has come whole").isEqualTo("31");
        assertThat(sent(FIRST)).isEqualTo("{ \"messages\":[ ],\n \"model\" : \"gpt-4o-2024-08-06\", \"n\":1.0e0}");
        assertThat(SECOND.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void thoseThatServeAModelShareItByTheirWeights(Deployment.Kind kind) {
        for (int i = 0; i < 30; i++) {
            assertThat(ask(kind, "weighted", "{\"model\":\"shared\"}").status()).isEqualTo(200);
        }
        assertThat(FIRST.requests()).hasSize(20);
        assertThat(SECOND.requests())
                .hasSize(10)
                .allMatch(request -> request.head().target().equals(CHAT));

        for (int i = 0; i < 300; i++) {
            ask(kind, "drawn", CHAT, JSON + CONFINED, "{\"model\":\"shared\"}");
        }
        assertThat(FIRST.requests().size() - 20).isBetween(150, 250);
        assertThat(SECOND.requests())
                .hasSizeBetween(60, 160)
                .allMatch(request -> request.head().target().equals(CHAT));
    }

    @ParameterizedTest
    @KindSource
    void anExpressionDescribesWholeNames(Deployment.Kind kind) {
        for (String model : List.of("mine-42", "my-own")) {
            FIRST.reset();
            FIRST.otherwise(Behaviour.json("{\"model\":\"by-pattern\"}"));
            assertThat(ask(kind, "weighted", "{\"model\":\"" + model + "\"}").text())
                    .isEqualTo("{\"model\":\"" + model + "\"}");
            assertThat(sent(FIRST)).isEqualTo("{\"model\":\"by-pattern\"}");
        }
        FIRST.reset();
        for (String model : List.of("mine-4x", "not-mine-4", "not-my-own")) {
            assertThat(ask(kind, "weighted", "{\"model\":\"" + model + "\"}").status())
                    .as(model)
                    .isEqualTo(404);
        }
        Map<String, Integer> statuses = Map.of(
                "o1", 404, "o2", 403, "o13", 403, "a", 404, "ab", 403, "xshared", 403, "gpt-3.5", 404, "gpt-3x5", 403);
        statuses.forEach(
                (model, status) -> assertThat(ask(kind, "drawn", CHAT, JSON + CONFINED, "{\"model\":\"" + model + "\"}")
                                .status())
                        .as(model)
                        .isEqualTo(status));
        assertUntouched();
    }

    @ParameterizedTest
    @KindSource
    void aModelWithTheSameNamePassesUntouched(Deployment.Kind kind) {
        String question = "{\"model\":\"sm\\u0061ll\"}";

        Answer answer = ask(kind, "both", question);

        assertThat(answer.text()).isEqualTo("{\"model\":\"second\",\"choices\":[]}");
        assertThat(sent(SECOND)).isEqualTo(question);
    }

    @ParameterizedTest
    @KindSource
    void thePrefixIsTakenAwayAndPutBack(Deployment.Kind kind) {
        assertThat(ask(kind, "both", "{\"model\":\"Proxy/small\"}").text())
                .isEqualTo("{\"model\":\"Proxy/small\",\"choices\":[]}");
        assertThat(sent(SECOND)).isEqualTo("{\"model\":\"small\"}");
        assertThat(ask(kind, "both", "{\"model\":\"Other/small\"}").status()).isEqualTo(404);
        assertThat(ask(kind, "both", "{\"model\":\"Proxy/Proxy/small\"}").status())
                .isEqualTo(404);
    }

    @ParameterizedTest
    @KindSource
    void aStreamNamesTheModelThatWasAskedForEventByEvent(Deployment.Kind kind) {
        String event = "data: {\"model\":\"%s\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n";
        List<String> events = List.of(event.formatted("claude-x"), event.formatted("claude-x"), "data: [DONE]\n\n");
        LockStep steps = new LockStep();
        FIRST.otherwise(Behaviour.lockStep(steps, events));

        URI uri = deployment(kind).forward("both", CHAT);
        byte[] question = "{\"model\":\"claude-opus\",\"stream\":true}".getBytes(StandardCharsets.UTF_8);
        try (RawClient client = RawClient.connect(uri).send("POST", RawClient.target(uri), JSON, question)) {
            assertThat(client.head().status()).isEqualTo(200);
            for (int n = 0; n < events.size(); n++) {
                assertThat(client.event(Duration.ofSeconds(20)).text() + "\n\n")
                        .isEqualTo(events.get(n).replace("claude-x", "claude-opus"));
                assertThat(steps.made()).isEqualTo(n + 1);
                steps.next();
            }
            assertThat(client.answer().whole()).isTrue();
        }
    }

    /** Ollama streams its answers so. */
    @ParameterizedTest
    @KindSource
    void eachDocumentOfASequenceNamesTheModelThatWasAskedFor(Deployment.Kind kind) {
        String documents = "{\"model\":\"claude-x\",\"done\":false}\n".repeat(3);
        FIRST.otherwise(Behaviour.bytes(
                200, "Content-Type: application/x-ndjson\r\n", documents.getBytes(StandardCharsets.UTF_8)));

        assertThat(ask(kind, "both", "{\"model\":\"claude-opus\"}").text())
                .isEqualTo(documents.replace("claude-x", "claude-opus"));
    }

    @ParameterizedTest
    @KindSource
    void theModelInGeminisPathIsRenamedToo(Deployment.Kind kind) {
        FIRST.otherwise(Behaviour.json("{\"modelVersion\":\"claude-x\"}"));

        Answer answer = ask(kind, "both", "/v1beta/models/claude-3:generateContent", JSON, "{\"contents\":[]}");

        assertThat(answer.text()).isEqualTo("{\"modelVersion\":\"claude-3\"}");
        assertThat(FIRST.requests().get(0).head().target()).isEqualTo("/v1beta/models/claude-x:generateContent");
    }

    @ParameterizedTest
    @KindSource
    void aBodyThatNamesTheModelOfThePathIsRenamedWithIt(Deployment.Kind kind) {
        Map<String, String> bodies = Map.of(
                "embedContent",
                "{ \"content\":{\"model\":\"claude-3\"}, \"model\" : \"models\\/claude-3\"}",
                "batchEmbedContents",
                "{\"requests\":[ {\"model\":\"models/claude-3\",\"n\":1.0e0},{\"model\":\"claude-3\"},"
                        + "{\"model\":\"models/other\",\"requests\":[{\"model\":\"claude-3\"}]}]}",
                "countTokens",
                "{\"generateContentRequest\":{\"contents\":[{\"parts\":[]}],\"model\":\"models/claude-3\"}}");
        Map<String, String> renamed = Map.of(
                "embedContent",
                "{ \"content\":{\"model\":\"claude-3\"}, \"model\" : \"models/claude-x\"}",
                "batchEmbedContents",
                "{\"requests\":[ {\"model\":\"models/claude-x\",\"n\":1.0e0},{\"model\":\"claude-x\"},"
                        + "{\"model\":\"models/other\",\"requests\":[{\"model\":\"claude-3\"}]}]}",
                "countTokens",
                "{\"generateContentRequest\":{\"contents\":[{\"parts\":[]}],\"model\":\"models/claude-x\"}}");
        bodies.forEach((verb, body) -> {
            FIRST.reset();
            FIRST.otherwise(Behaviour.json("{}"));
            assertThat(ask(kind, "both", "/v1beta/models/claude-3:" + verb, JSON, body)
                            .status())
                    .as(verb)
                    .isEqualTo(200);
            assertThat(sent(FIRST)).isEqualTo(renamed.get(verb));
            assertThat(FIRST.requests().get(0).head().target()).isEqualTo("/v1beta/models/claude-x:" + verb);
        });
    }

    @ParameterizedTest
    @KindSource
    void thePrefixIsTakenAwayInPathAndBody(Deployment.Kind kind) {
        String body = "{\"requests\":[{\"model\":\"models/Proxy/small\"},{\"model\":\"Proxy/small\"}]}";

        assertThat(ask(kind, "both", "/v1beta/models/Proxy/small:batchEmbedContents", JSON, body)
                        .status())
                .isEqualTo(200);

        assertThat(sent(SECOND)).isEqualTo("{\"requests\":[{\"model\":\"models/small\"},{\"model\":\"small\"}]}");
        assertThat(SECOND.requests().get(0).head().target()).isEqualTo("/v1beta/models/small:batchEmbedContents");
    }

    @ParameterizedTest
    @KindSource
    void aBodyThatCannotBeReadPassesWhereThePathNamesTheModel(Deployment.Kind kind) {
        String path = "/v1beta/models/claude-3:embedContent";
        String twice = "{\"model\":\"claude-3\",\"model\":\"claude-3\"}";
        for (String body : List.of("no json", twice, "{\"model\":null}")) {
            FIRST.reset();
            FIRST.otherwise(Behaviour.json("{}"));
            assertThat(ask(kind, "both", path, JSON, body).status()).as(body).isEqualTo(200);
            assertThat(sent(FIRST)).isEqualTo(body);
            assertThat(FIRST.requests().get(0).head().target()).isEqualTo("/v1beta/models/claude-x:embedContent");
        }
    }

    @ParameterizedTest
    @KindSource
    void anUnknownModelIsNotFoundInTheClientsWords(Deployment.Kind kind) {
        Answer openAi = ask(kind, "both", "{\"model\":\"nobody's\"}");
        Answer anthropic = ask(kind, "both", "/v1/messages", JSON, "{\"model\":\"nobody\"}");
        Answer gemini = ask(kind, "both", "/v1beta/models/nobody:generateContent", JSON, "{}");

        assertThat(openAi.status()).isEqualTo(404);
        assertThat(openAi.text()).contains("\"code\":\"model_not_found\"").contains("nobody's");
        assertThat(anthropic.status()).isEqualTo(404);
        assertThat(anthropic.text()).contains("not_found_error");
        assertThat(gemini.status()).isEqualTo(404);
        assertThat(gemini.text()).contains("NOT_FOUND");
        assertUntouched();
    }

    @ParameterizedTest
    @KindSource
    void aBodyThatDoesNotSayWhatItAsksForIsRefused(Deployment.Kind kind) {
        List<String> bodies = List.of(
                "",
                "no json",
                "[]",
                "{\"messages\":[]}",
                "{\"model\":\"small\",\"model\":\"gpt-4o\"}",
                "{\"model\":\"small\",\"mod\\u0065l\":\"gpt-4o\"}",
                "{\"model\":{}}",
                "{\"model\":\"\"}",
                "{\"model\":\"small\"",
                "{\"model\":\"small\",\"x\":" + "[".repeat(1000) + "]".repeat(1000) + "}");
        for (String body : bodies) {
            Answer answer = ask(kind, "both", body);
            assertThat(answer.status()).as(body).isEqualTo(400);
            assertThat(answer.text()).as(body).contains("invalid_request_error");
        }
        assertUntouched();
    }

    @ParameterizedTest
    @KindSource
    void aRuleByModelDecidesOnTheGroup(Deployment.Kind kind) {
        ask(kind, "ruled", "{\"model\":\"gpt-4o\"}");
        assertThat(sent(FIRST)).isEqualTo("{\"model\":\"gpt-4o-2024-08-06\"}");
        assertThat(SECOND.requests()).isEmpty();

        ask(kind, "ruled", "{\"model\":\"o3\"}");
        assertThat(sent(SECOND)).isEqualTo("{\"model\":\"o3\"}");
    }

    @ParameterizedTest
    @KindSource
    void aKeyForSomeModelsOpensNoOther(Deployment.Kind kind) {
        assertThat(ask(kind, "confined", CHAT, JSON + CONFINED, "{\"model\":\"gpt-4o\"}")
                        .status())
                .isEqualTo(200);
        SECOND.reset();
        assertThat(ask(kind, "confined", CHAT, JSON + CONFINED, "{\"model\":\"o3\"}")
                        .text())
                .contains("\"code\":\"model_not_allowed\"", "may not use the model 'o3'")
                .doesNotContain("gpt-4");
        for (String path : List.of(CHAT, "/chat/completions", "/v1/messages", "/v1/messages/count_tokens", "/v1/x")) {
            assertThat(ask(kind, "confined", path, JSON + CONFINED, "{\"model\":\"o3\"}")
                            .status())
                    .as(path)
                    .isEqualTo(403);
        }
        for (String path : List.of("/v1beta/models/o3:generateContent", "/openai/deployments/o3/chat/completions")) {
            assertThat(ask(kind, "confined", path, JSON + CONFINED, "{\"model\":\"small\"}")
                            .status())
                    .as(path)
                    .isEqualTo(403);
        }
        for (String path : List.of("/v1/batches", "/v1/messages/batches", "/v1/images/generations", "/v1/x")) {
            assertThat(ask(kind, "confined", path, JSON + CONFINED, "{}").status())
                    .as(path)
                    .isEqualTo(403);
        }
        String form = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\no3\r\n--b--\r\n";
        String type = "Content-Type: multipart/form-data; boundary=b\r\n";
        assertThat(ask(kind, "confined", "/v1/audio/transcriptions", type + CONFINED, form)
                        .status())
                .isEqualTo(403);
        String packed = JSON + CONFINED + "Content-Encoding: gzip\r\n";
        assertThat(ask(kind, "confined", CHAT, packed, "{\"model\":\"small\"}").status())
                .isEqualTo(400);
        assertUntouched();
    }

    @ParameterizedTest
    @KindSource
    void aModelInThePathHidesNoneInTheBody(Deployment.Kind kind) {
        Map<String, Integer> statuses = Map.of(
                "{\"model\":\"o3\"}",
                403,
                "{\"model\":\"small\",\"model\":\"o3\"}",
                400,
                "no json",
                400,
                "{\"requests\":[{\"model\":\"models/small\"},{\"mod\\u0065l\":\"models/o3\"}]}",
                403,
                "{\"requests\":[{\"model\":\"small\",\"model\":\"o3\"}]}",
                400,
                "{\"generateContentRequest\":{\"model\":\"models/o3\"}}",
                403,
                "{\"generate_content_request\":{\"model\":\"models/o3\"},\"model\":\"small\"}",
                403,
                "{\"batch\":{\"inputConfig\":{\"requests\":{\"requests\":[{\"request\":{\"model\":\"models/o3\"}}]}}}}",
                403);
        for (String path :
                List.of("/v1beta/models/small:generateContent", "/openai/deployments/small/chat/completions")) {
            statuses.forEach((body, status) -> assertThat(
                            ask(kind, "exact", path, JSON + CONFINED, body).status())
                    .as(path + body)
                    .isEqualTo(status));
        }
        assertUntouched();
        String batch =
                "{\"requests\":[{\"model\":\"models/small\"},{\"model\":\"small\",\"content\":{\"model\":\"o3\"}}]}";
        for (String body : List.of("{}", "{\"model\":\"models/small\"}", "{\"model\":\"small\"}", "", batch)) {
            assertThat(ask(kind, "exact", "/v1beta/models/small:embedContent", JSON + CONFINED, body)
                            .status())
                    .as(body)
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @KindSource
    void whereNoModelMattersNoBodyIsLookedInto(Deployment.Kind kind) {
        assertThat(ask(kind, "plain", "no json").status()).isEqualTo(200);
        assertThat(sent(SECOND)).isEqualTo("no json");
    }

    private static void assertUntouched() {
        assertThat(FIRST.requests()).isEmpty();
        assertThat(SECOND.requests()).isEmpty();
    }

    private static Answer look(Deployment.Kind kind, String forward, String path, String headers) {
        return RawClient.exchange(deployment(kind).forward(forward, path), "GET", headers, new byte[0]);
    }

    @ParameterizedTest
    @KindSource
    void theModelsAreListedAsEachApiListsThem(Deployment.Kind kind) {
        String open = "Authorization: Bearer sk-open-key\r\n";
        String model = "{\"id\":\"%s\",\"object\":\"model\",\"created\":0,\"owned_by\":\"llmproxy\"}";

        assertThat(look(kind, "all", "/v1/models", open).text())
                .isEqualTo("{\"object\":\"list\",\"data\":[" + model.formatted("gpt-4o") + "," + model.formatted("same")
                        + "," + model.formatted("small") + "]}");
        assertThat(look(kind, "all", "/v1/models?limit=1000", open + "anthropic-version: 2023-06-01\r\n")
                        .text())
                .startsWith(
                        "{\"data\":[{\"type\":\"model\",\"id\":\"gpt-4o\",\"display_name\":\"gpt-4o\",\"created_at\":\"1970-")
                .contains("\"id\":\"opus\"")
                .doesNotContain("gemini")
                .endsWith("],\"has_more\":false,\"first_id\":\"gpt-4o\",\"last_id\":\"small\"}");
        assertThat(look(kind, "all", "/v1beta/models", open).text())
                .startsWith("{\"models\":[{\"name\":\"models/gemini-pro\",\"displayName\":\"gemini-pro\",")
                .contains("{\"name\":\"models/small\"", "{\"name\":\"tunedModels/mine\"")
                .doesNotContain("opus", "*");
        assertUntouched();
    }

    @ParameterizedTest
    @KindSource
    void aKeySeesTheModelsThatItMayUse(Deployment.Kind kind) {
        Answer answer = look(kind, "all", "/v1/models", CONFINED);

        assertThat(answer.header("Content-Type")).startsWith("application/json");
        assertThat(answer.header("X-Request-Id")).isNotEmpty();
        assertThat(answer.text()).contains("\"gpt-4o\"", "\"small\"").doesNotContain("\"same\"");
        assertThat(look(kind, "all", "/v1/models/same", CONFINED).status()).isEqualTo(403);
        assertThat(look(kind, "all", "/v1/models", "").status()).isEqualTo(401);
        assertThat(look(kind, "all", "/v1/models/small", "").status()).isEqualTo(401);
        assertUntouched();
    }

    @ParameterizedTest
    @KindSource
    void oneModelIsTold(Deployment.Kind kind) {
        String known = "{\"id\":\"%s\",\"object\":\"model\",\"created\":0,\"owned_by\":\"llmproxy\"}";
        String google = "{\"name\":\"models/gemini-pro\",\"displayName\":\"gemini-pro\"";

        assertThat(look(kind, "both", "/v1/models/Proxy/gpt-4o", "").text()).isEqualTo(known.formatted("Proxy/gpt-4o"));
        assertThat(look(kind, "both", "/v1/models/claude-3", "").text()).isEqualTo(known.formatted("claude-3"));
        assertThat(look(kind, "both", "/v1/models/big/one", "").text()).isEqualTo(known.formatted("big/one"));
        assertThat(look(kind, "both", "/v1/models/o3", "").text())
                .contains("\"model_not_found\"", "The model 'o3' does not exist here.");
        assertThat(look(kind, "all", "/v1beta/models/gemini-pro", CONFINED).status())
                .isEqualTo(403);
        String open = "x-api-key: sk-open-key\r\n";
        assertThat(look(kind, "all", "/v1beta/models/gemini-pro", open).text()).startsWith(google);
        assertThat(look(kind, "all", "/v1/models/opus", open).status()).isEqualTo(404);
        assertThat(look(kind, "all", "/v1/models/opus", open + "anthropic-version: 2023-06-01\r\n")
                        .text())
                .isEqualTo("{\"type\":\"model\",\"id\":\"opus\",\"display_name\":\"opus\","
                        + "\"created_at\":\"1970-01-01T00:00:00Z\"}");
        assertUntouched();
    }

    @ParameterizedTest
    @KindSource
    void modelsThatTheRoutesLeadToAreListed(Deployment.Kind kind) {
        assertThat(look(kind, "ruled", "/v1/models", "").text()).contains("\"gpt-4o\"", "\"same\"");
        assertThat(look(kind, "both", "/v1/models", "").text())
                .contains("\"Proxy/gpt-4o\"", "\"Proxy/same\"", "\"Proxy/small\"")
                .doesNotContain("claude");
        assertUntouched();
    }

    @ParameterizedTest
    @KindSource
    void theUpstreamListsItsModelsWhereTheConfigurationDoesNot(Deployment.Kind kind) {
        assertThat(look(kind, "plain", "/v1/models", "").text()).isEqualTo("{\"model\":\"second\",\"choices\":[]}");
        assertThat(look(kind, "plain", "/v1/models/x", "").status()).isEqualTo(200);
        assertThat(look(kind, "ruled", "/v1/models/x", "").status()).isEqualTo(200);
        assertThat(SECOND.requests()).hasSize(3);
    }

    @ParameterizedTest
    @KindSource
    void anUpstreamsListIsConfinedToWhatTheKeyMayUse(Deployment.Kind kind) {
        SECOND.otherwise(Behaviour.json("{\"object\":\"list\", \"data\":[{\"id\":\"o3\",\"n\":1.50},"
                + "{\"id\":\"small\",\"n\":[]},{\"id\":\"gpt-4o\"},{\"id\":7},\"small\"]}"));
        Answer answer = look(kind, "confined", "/v1/models", CONFINED + "Accept-Encoding: gzip\r\n");

        assertThat(answer.text())
                .isEqualTo("{\"object\":\"list\",\"data\":[{\"id\":\"small\",\"n\":[]},{\"id\":\"gpt-4o\"}]}");
        assertThat(answer.whole()).isTrue();
        assertThat(SECOND.requests().get(0).head().value("Accept-Encoding")).hasValue("identity");

        SECOND.otherwise(Behaviour.json("{\"models\":[{\"name\":\"models/o3\"},{\"name\":\"models/small\"},"
                + "{\"name\":\"tunedModels/small\"}],\"nextPageToken\":\"x\"}"));
        assertThat(look(kind, "confined", "/v1beta/models?pageSize=3", CONFINED).text())
                .isEqualTo("{\"models\":[{\"name\":\"models/small\"}],\"nextPageToken\":\"x\"}");

        SECOND.otherwise(Behaviour.status(404, "", "{\"error\":\"no list here\"}"));
        assertThat(look(kind, "confined", "/v1/models", CONFINED).text()).isEqualTo("{\"error\":\"no list here\"}");
    }

    @ParameterizedTest
    @KindSource
    void aListThatCannotBeReadIsNotShownToAConfinedKey(Deployment.Kind kind) {
        String large = "{\"data\":[{\"id\":\"" + "o3,".repeat(2 << 20) + "\"}]}";
        for (String list : List.of("[\"o3\"]", "{\"data\":\"o3\"}", "{\"data\":[{\"id\":\"o3\"", "o3", "", large)) {
            SECOND.otherwise(Behaviour.json(list));
            Answer answer = look(kind, "confined", "/v1/models", CONFINED);

            assertThat(answer.whole())
                    .as(list.substring(0, Math.min(20, list.length())))
                    .isFalse();
            assertThat(answer.text()).doesNotContain("o3");
        }
        assertThat(look(kind, "plain", "/v1/models", "").text()).isEqualTo(large);
    }
}
