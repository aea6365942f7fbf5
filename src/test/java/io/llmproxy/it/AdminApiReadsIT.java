package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.ApiDocument;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Event;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;

/** What the admin API tells of a gateway that works, and what it never tells. */
class AdminApiReadsIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String CANARY = "CANARY";
    private static final String BEARER = "Authorization: Bearer operator-CANARY-token\r\n";
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String USED =
            "{\"model\": \"gpt-4o\", \"choices\": [], \"usage\": {\"prompt_tokens\": 12, \"completion_tokens\": 5}}";

    private static Gateway gateway(FakeUpstream upstream) {
        return new Gateway()
                .admin("token: operator-CANARY-token")
                .top("keys: [{name: team, key: sk-team-CANARY-0123456789, allowed_models: [\"gpt-*\"]},"
                        + " {name: \"=cmd\", key: sk-cmd-CANARY-0123456789}]")
                .upstream(
                        "bad",
                        upstream.url() + "/bad",
                        "auth: {type: bearer, token: CANARY-bad}, breaker: {threshold: 1.0, window: 50},"
                                + " models: [gpt-4o]")
                .upstream(
                        "good",
                        upstream.url() + "/good?secret=CANARY-query",
                        "auth: {type: bearer, token: CANARY-good},"
                                + " headers: [{op: insert, key: X-Secret, value: CANARY-header}],"
                                + " models: {gpt-4o: gpt-4o-2024-08-06}")
                .upstream("any", upstream.url(), "")
                .group("g", "{name: bad}, {name: good}", "balance: {strategy: failover}")
                .group("h", "{name: any}", "")
                .forward("main", "g", "routing: [{path: /v1/embeddings, target_group: h}]");
    }

    private static Answer call(Deployment deployment, String method, String path, String headers, String body) {
        URI uri = deployment.admin("/admin/api/v1" + path);
        Answer answer = RawClient.exchange(uri, method, BEARER + headers, body.getBytes(StandardCharsets.UTF_8));
        assertThat(answer.text()).as(path).doesNotContain(CANARY);
        assertThat(ApiDocument.shared().problems(method, path.split("\\?", 2)[0], answer))
                .isEmpty();
        return answer;
    }

    private static JsonNode get(Deployment deployment, String path) {
        Answer answer = call(deployment, "GET", path, "", "");
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return json(answer);
    }

    private static JsonNode json(Answer answer) {
        try {
            return new ObjectMapper().readTree(answer.text());
        } catch (IOException e) {
            throw new AssertionError(answer.toString(), e);
        }
    }

    private static void ask(Deployment deployment, String key, String id) {
        Answer answer = RawClient.exchange(
                deployment.forward("main", CHAT),
                "POST",
                "Authorization: Bearer " + key + "\r\nX-Request-Id: " + id + "\r\n",
                "{\"model\": \"gpt-4o\", \"messages\": []}".getBytes(StandardCharsets.UTF_8));
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
    }

    /** The client has its answer before all that is known of its request is noted. */
    private static void await(Deployment deployment, String id) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> call(deployment, "GET", "/requests/" + id, "", "").status() == 200);
    }

    private static List<String> texts(JsonNode array, String pointer) {
        List<String> texts = new ArrayList<>();
        array.forEach(item -> texts.add(item.at(pointer).asText()));
        return texts;
    }

    @ParameterizedTest
    @KindSource
    void everythingIsToldAndNoSecretIs(Deployment.Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, gateway(upstream))) {
            upstream.on("/bad" + CHAT, Behaviour.status(503, "", "{\"error\": \"CANARY-of-an-upstream\"}"));
            upstream.on("/good" + CHAT, Behaviour.json(USED));
            ask(deployment, "sk-team-CANARY-0123456789", "first-1");
            ask(deployment, "sk-cmd-CANARY-0123456789", "second-2");

            await(deployment, "second-2");
            JsonNode requests = get(deployment, "/requests?error=upstream_error");
            assertThat(requests.at("/requests").size()).isZero();
            requests = get(deployment, "/requests?key=team&status=2xx&upstream=bad&slower_than=0");
            assertThat(texts(requests.at("/requests"), "/id")).containsExactly("first-1");
            assertThat(requests.at("/requests/0/model").asText()).isEqualTo("gpt-4o");
            assertThat(requests.at("/requests/0/upstream").asText()).isEqualTo("good");
            assertThat(requests.at("/requests/0/attempts").asInt()).isEqualTo(2);
            assertThat(requests.at("/requests/0/input_tokens").asInt()).isEqualTo(12);
            JsonNode page = get(deployment, "/requests?limit=1");
            assertThat(texts(page.at("/requests"), "/id")).containsExactly("second-2");
            JsonNode next = get(
                    deployment, "/requests?limit=1&cursor=" + page.at("/next").asText());
            assertThat(texts(next.at("/requests"), "/id")).containsExactly("first-1");
            assertThat(next.at("/next").isNull()).isTrue();
            JsonNode detail = get(deployment, "/requests/first-1");
            assertThat(texts(detail.at("/requests/0/steps"), "/step"))
                    .containsExactly("pick", "attempt", "pick", "sent_again", "attempt");

            JsonNode bad = get(deployment, "/runtime/upstreams/bad");
            assertThat(bad.at("/breaker").asText()).isEqualTo("closed");
            assertThat(bad.at("/totals/errors").asInt()).isEqualTo(2);
            assertThat(bad.at("/last_errors/0/status").asInt()).isEqualTo(503);
            assertThat(texts(get(deployment, "/runtime/upstreams").at("/upstreams"), "/name"))
                    .containsExactly("any", "bad", "good");

            JsonNode overview = get(deployment, "/overview");
            assertThat(overview.at("/state").asText()).isEqualTo("ready");
            assertThat(overview.at("/counts/keys").asInt()).isEqualTo(2);
            assertThat(overview.at("/totals/requests").asInt()).isEqualTo(2);
            assertThat(overview.at("/last_minute/output_tokens").asInt()).isEqualTo(10);
            assertThat(get(deployment, "/nodes").at("/nodes/0/this").asBoolean())
                    .isTrue();

            assertThat(texts(get(deployment, "/forwards").at("/forwards"), "/name"))
                    .containsExactly("main");
            assertThat(texts(get(deployment, "/forwards/main").at("/groups"), ""))
                    .containsExactly("g", "h");
            assertThat(get(deployment, "/groups/g").at("/upstreams/1/state").asText())
                    .isEqualTo("serving");
            assertThat(get(deployment, "/upstreams/good")
                            .at("/config/auth/token")
                            .asText())
                    .isEqualTo("***");
            assertThat(get(deployment, "/groups").at("/groups").size()).isEqualTo(2);
            assertThat(get(deployment, "/upstreams").at("/upstreams").size()).isEqualTo(3);
            JsonNode models = get(deployment, "/models");
            assertThat(models.at("/models/0/served_by/1/as").asText()).isEqualTo("gpt-4o-2024-08-06");
            assertThat(texts(models.at("/any"), "")).containsExactly("any");
            JsonNode keys = get(deployment, "/keys");
            assertThat(texts(keys.at("/keys"), "/name")).containsExactly("=cmd", "team");
            assertThat(keys.at("/keys/1/hint").asText()).isEqualTo("sk-tea");
            assertThat(texts(keys.at("/keys/1/allowed_models"), "")).containsExactly("gpt-*");

            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> get(deployment, "/usage?by=key&step=hour")
                                    .at("/total/attempts")
                                    .asInt()
                            == 4);
            JsonNode usage = get(deployment, "/usage?by=key&step=hour");
            assertThat(usage.at("/total/errors").asInt()).isEqualTo(2);
            assertThat(usage.at("/total/output_tokens").asInt()).isEqualTo(10);
            assertThat(texts(usage.at("/rows"), "/name")).contains("=cmd", "team");
            assertThat(call(deployment, "GET", "/usage.csv?by=key", "", "").text())
                    .startsWith("name,at,attempts,")
                    .contains("\r\n\"'=cmd\",,2,1,12,0,5,0,")
                    .contains("\r\nteam,,2,1,12,0,5,0,");

            assertThat(get(deployment, "/openapi.json").at("/openapi").asText()).isEqualTo("3.1.0");
            assertThat(get(deployment, "/schema.json").has("$schema")).isTrue();
            Answer yaml = call(deployment, "GET", "/config", "Accept: application/yaml\r\n", "");
            assertThat(yaml.text()).contains("upstream_groups:").contains("***");
            assertThat(get(deployment, "/config").at("/upstreams/0/name").asText())
                    .isEqualTo("bad");
            assertThat(call(deployment, "GET", "/config", "If-None-Match: " + yaml.header("ETag") + "\r\n", "")
                            .status())
                    .isEqualTo(304);

            for (String wrong : List.of(
                    "/requests?limit=0",
                    "/requests?status=abc",
                    "/requests?cursor=x",
                    "/requests?upstraem=good",
                    "/usage?by=weather",
                    "/usage?from=yesterday",
                    "/usage?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z")) {
                assertThat(call(deployment, "GET", wrong, "", "").status())
                        .as(wrong)
                        .isEqualTo(400);
            }
            for (String missing : List.of(
                    "/requests/none", "/upstreams/none", "/groups/none", "/forwards/none", "/runtime/upstreams/none")) {
                assertThat(call(deployment, "GET", missing, "", "").status())
                        .as(missing)
                        .isEqualTo(404);
            }
            for (String stored : List.of(
                    "GET /config/versions", "GET /config/versions/1", "POST /config", "POST /config/rollback")) {
                String[] parts = stored.split(" ", 2);
                Answer answer = call(
                        deployment,
                        parts[0],
                        parts[1],
                        JSON,
                        parts[0].equals("GET") ? "" : stored.endsWith("k") ? "{\"version\": 1}" : "{\"text\": \"x\"}");
                assertThat(json(answer).at("/code").asText()).as(stored).isEqualTo("file_mode");
            }
            JsonNode checked =
                    json(call(deployment, "POST", "/config/check", JSON, "{\"text\": \"upstreams: [{name: u}]\"}"));
            assertThat(checked.at("/valid").asBoolean()).isFalse();
            assertThat(texts(checked.at("/problems"), "/path")).contains("upstreams[0].url");
            assertThat(deployment.log()).doesNotContain("ERROR");
        }
    }

    @ParameterizedTest
    @KindSource
    void operatorsChangeWhatIsAskedUntilTheNextStart(Deployment.Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, gateway(upstream))) {
            upstream.on("/good" + CHAT, Behaviour.json(USED));
            String state = "/runtime/upstreams/bad/state";
            JsonNode disabled = json(
                    call(deployment, "PUT", state, JSON, "{\"state\": \"disabled\", \"reason\": \"it answers 503\"}"));
            assertThat(disabled.at("/state").asText()).isEqualTo("disabled");
            assertThat(disabled.at("/override/reason").asText()).isEqualTo("it answers 503");
            assertThat(disabled.at("/override/by").asText()).isEqualTo("operator");
            ask(deployment, "sk-team-CANARY-0123456789", "after-1");
            await(deployment, "after-1");
            assertThat(get(deployment, "/requests/after-1")
                            .at("/requests/0/attempts")
                            .asInt())
                    .isEqualTo(1);
            assertThat(texts(get(deployment, "/overview").at("/alarms"), "/code"))
                    .contains("override");
            assertThat(json(call(deployment, "DELETE", state, "", ""))
                            .at("/override")
                            .isNull())
                    .isTrue();

            JsonNode brief = json(call(
                    deployment,
                    "PUT",
                    state,
                    JSON,
                    "{\"state\": \"draining\", \"until\": \"" + Instant.now().plusMillis(1500) + "\"}"));
            assertThat(brief.at("/up").asBoolean()).isFalse();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() ->
                            get(deployment, "/runtime/upstreams/bad").at("/up").asBoolean());

            String weight = "/runtime/upstreams/good/weight";
            JsonNode weighed = json(call(deployment, "PUT", weight, JSON, "{\"group\": \"g\", \"weight\": 7}"));
            assertThat(weighed.at("/groups/0/weight").asInt()).isEqualTo(7);
            assertThat(weighed.at("/groups/0/overridden").asBoolean()).isTrue();
            assertThat(json(call(deployment, "DELETE", weight + "?group=g", "", ""))
                            .at("/groups/0/weight")
                            .asInt())
                    .isEqualTo(1);
            assertThat(call(deployment, "POST", "/runtime/upstreams/bad/breaker:reset", "", "")
                            .status())
                    .isEqualTo(200);
            assertThat(call(deployment, "POST", "/runtime/upstreams/good/breaker:reset", "", "")
                            .status())
                    .isEqualTo(409);
            upstream.otherwise(Behaviour.json("{}"));
            JsonNode tested = json(call(deployment, "POST", "/runtime/upstreams/any:test", "", ""));
            assertThat(tested.at("/ok").asBoolean()).as(tested.toString()).isTrue();

            for (String wrong : List.of(
                    "{\"state\": \"gone\"}",
                    "{}",
                    "{\"state\": \"disabled\", \"until\": \"2020-01-01T00:00:00Z\"}",
                    "{\"state\": \"disabled\", \"untl\": null}",
                    "{\"state\": 5}")) {
                assertThat(call(deployment, "PUT", state, JSON, wrong).status())
                        .as(wrong)
                        .isEqualTo(400);
            }
            assertThat(call(deployment, "PUT", weight, JSON, "{\"group\": \"g\", \"weight\": 0}")
                            .status())
                    .isEqualTo(400);
            assertThat(call(deployment, "PUT", weight, JSON, "{\"group\": \"h\", \"weight\": 1}")
                            .status())
                    .isEqualTo(400);
            assertThat(json(call(deployment, "POST", "/reload", "", ""))
                            .at("/generation")
                            .asInt())
                    .isGreaterThan(1);
        }
    }

    @ParameterizedTest
    @KindSource
    void aRequestIsTriedWithoutAndWithItsUpstream(Deployment.Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, gateway(upstream))) {
            upstream.on("/bad" + CHAT, Behaviour.status(429, "", "{\"error\": {\"message\": \"slow down\"}}"));
            upstream.on("/good" + CHAT, Behaviour.json(USED));
            String question =
                    "{\"forward\": \"main\", \"path\": \"/v1/chat/completions?x=1\", \"model\": \"gpt-4o\", \"key\": \"team\"}";
            JsonNode decision = json(call(deployment, "POST", "/explain", JSON, question));
            assertThat(decision.at("/rule").asText()).isEqualTo("default");
            assertThat(decision.at("/refusal").isNull()).isTrue();
            assertThat(texts(decision.at("/candidates"), "/upstream")).containsExactly("bad", "good");
            assertThat(decision.at("/candidates/1/model").asText()).isEqualTo("gpt-4o-2024-08-06");
            assertThat(explained(deployment, question.replace("gpt-4o", "claude")))
                    .isEqualTo("model_not_allowed");
            assertThat(explained(deployment, question.replace("gpt-4o", "gpt-9")))
                    .isEqualTo("model_not_found");
            assertThat(explained(deployment, question.replace(", \"key\": \"team\"", "")))
                    .isEqualTo("invalid_api_key");
            JsonNode other = json(call(
                    deployment, "POST", "/explain", JSON, question.replace("/v1/chat/completions", "/v1/embeddings")));
            assertThat(other.at("/group").asText()).isEqualTo("h");
            assertThat(call(deployment, "POST", "/explain", JSON, question.replace("main", "none"))
                            .status())
                    .isEqualTo(404);
            assertThat(call(deployment, "POST", "/explain", JSON, question.replace("team", "none"))
                            .status())
                    .isEqualTo(400);
            assertThat(upstream.requests()).isEmpty();

            String wanted = "{\"forward\": \"main\", \"key\": \"team\", \"path\": \"" + CHAT
                    + "\", \"body\": {\"model\": \"gpt-4o\", \"messages\": []}}";
            Answer played = play(deployment, wanted);
            assertThat(played.status()).as(played.toString()).isEqualTo(200);
            assertThat(played.text()).isEqualTo(USED);
            assertThat(played.header("X-LLMProxy-Playground")).isEqualTo("1");
            Answer refused = play(deployment, wanted.replace("\"model\": \"gpt-4o\"", "\"model\": \"claude\""));
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.header("X-LLMProxy-Playground")).isEqualTo("1");
            for (String wrong : List.of(
                    wanted.replace("\"body\"", "\"headers\": {\"Authorization\": \"Bearer x\"}, \"body\""),
                    wanted.replace("\"body\"", "\"method\": \"TRACE\", \"body\""),
                    wanted.replace("\"path\": \"/", "\"path\": \"@elsewhere.test/"))) {
                assertThat(call(deployment, "POST", "/playground", JSON, wrong).status())
                        .as(wrong)
                        .isEqualTo(400);
            }
            assertThat(call(deployment, "POST", "/playground", JSON, wanted.replace("team", "none"))
                            .status())
                    .isEqualTo(404);
        }
    }

    private static Answer play(Deployment deployment, String wanted) {
        Answer answer = RawClient.exchange(
                deployment.admin("/admin/api/v1/playground"),
                "POST",
                BEARER + JSON,
                wanted.getBytes(StandardCharsets.UTF_8));
        assertThat(answer.text()).doesNotContain(CANARY);
        return answer;
    }

    private static String explained(Deployment deployment, String question) {
        return json(call(deployment, "POST", "/explain", JSON, question))
                .at("/refusal/code")
                .asText();
    }

    @ParameterizedTest
    @KindSource
    void listenersAreToldEachSecond(Deployment.Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, gateway(upstream))) {
            URI live = deployment.admin("/admin/api/v1/live");
            List<RawClient> listeners = new ArrayList<>();
            try {
                for (int i = 0; i < 20; i++) {
                    RawClient client = RawClient.connect(live);
                    client.send("GET", RawClient.target(live), BEARER, new byte[0]);
                    assertThat(client.head().status()).isEqualTo(200);
                    listeners.add(client);
                }
                Answer refused = call(deployment, "GET", "/live", "", "");
                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.header("Retry-After")).isNotEmpty();
                for (RawClient client : List.of(listeners.get(0), listeners.get(19))) {
                    Event event = client.event();
                    while (event.comment()) {
                        event = client.event();
                    }
                    assertThat(event.text().lines()).contains("event: tick");
                    assertThat(event.data())
                            .contains("\"requests_per_second\":")
                            .contains("\"name\":\"good\"");
                }
            } finally {
                listeners.forEach(RawClient::close);
            }
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> isServed(live));
        }
    }

    private static boolean isServed(URI live) {
        try (RawClient client = RawClient.connect(live)) {
            client.send("GET", RawClient.target(live), BEARER, new byte[0]);
            return client.head().status() == 200;
        }
    }
}
