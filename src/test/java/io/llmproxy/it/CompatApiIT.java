package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The admin API of LLMProxy, row by row: each call with its status, and what the answer must contain. */
class CompatApiIT {
    private static final String BEARER = "Authorization: Bearer operators-token\r\n";
    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String USERS = encoded("/api/users/:id");

    private static FakeUpstream upstream;
    private static StoreNode node;

    /**
     * A row.
     *
     * @param call method and path
     * @param body what is sent; empty for nothing
     * @param status of the answer
     * @param contains what the answer contains
     */
    private record Row(String call, String body, int status, String contains) {}

    private static String encoded(String path) {
        return Base64.getUrlEncoder().encodeToString(path.getBytes(StandardCharsets.UTF_8));
    }

    @BeforeAll
    static void start() throws IOException {
        upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
        node = StoreNode.start("", ", compat: [llmproxy]").awaitUp();
        String document = """
                # why it is so
                http_server:
                  forwards: [{name: main, address: 127.0.0.1, default_group: g, routing: [{host: a.test, target_group: g}]}]
                upstreams:
                  - {name: u, url: "%s", auth: {type: bearer, token: CANARY-token}}
                  - {name: v, url: "%s"}
                upstream_groups:
                  - {name: g, upstreams: [{name: u, weight: 3}]}
                  - {name: h, upstreams: [{name: v}]}
                """.formatted(upstream.url(), upstream.url());
        Answer first = RawClient.exchange(
                URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1/config"),
                "POST",
                BEARER + JSON + "If-Match: \"v0\"\r\n",
                new JsonMapper().writeValueAsBytes(Map.of("text", document)));
        assertThat(first.status()).as(first.toString()).isEqualTo(201);
        node.awaitReady();
    }

    @AfterAll
    static void stop() {
        node.close();
        upstream.close();
    }

    private static Answer call(String method, String path, String headers, String body) {
        Answer answer = RawClient.exchange(
                URI.create("http://127.0.0.1:" + node.admin + "/api/v1" + path),
                method,
                "Connection: close\r\n" + headers,
                body.getBytes(StandardCharsets.UTF_8));
        assertThat(answer.text()).doesNotContain("CANARY");
        return answer;
    }

    private static JsonNode json(Answer answer) {
        try {
            return new JsonMapper().readTree(answer.text());
        } catch (IOException e) {
            throw new UncheckedIOException(answer.toString(), e);
        }
    }

    private static void check(List<Row> rows) {
        SoftAssertions all = new SoftAssertions();
        rows.forEach(row -> all.check(() -> check(row)));
        all.assertAll();
    }

    private static void check(Row row) {
        String[] call = row.call.split(" ", 2);
        Answer answer = call(call[0], call[1], BEARER + (row.body.isEmpty() ? "" : JSON), row.body);
        assertThat(answer.status()).as(row + ": " + answer).isEqualTo(row.status);
        if (row.status == 204) {
            assertThat(answer.body()).isEmpty();
            return;
        }
        JsonNode envelope = json(answer);
        assertThat(envelope.at("/code").asInt()).as(row.toString()).isEqualTo(row.status);
        assertThat(envelope.at("/status").asText()).isEqualTo(row.status < 400 ? "success" : "error");
        if (row.status >= 400) {
            assertThat(envelope.at("/error/type").asText()).isNotEmpty();
            assertThat(envelope.at("/error/message").asText()).isNotEmpty();
        }
        assertThat(answer.text()).as(row.toString()).contains(row.contains);
    }

    private static String url() {
        return upstream.url();
    }

    @Test
    void everyRowOfTheTableIsAnsweredWithItsTrueStatus() {
        String server =
                "{\"name\":\"w\",\"url\":\"" + url() + "\",\"auth\":{\"type\":\"bearer\",\"token\":\"CANARY-w\"}}";
        List<Row> rows = new ArrayList<>();
        rows.add(new Row("GET /forwards", "", 200, "\"default_group\":\"g\""));
        rows.add(new Row("GET /forwards/main", "", 200, "\"name\":\"main\""));
        rows.add(new Row("GET /forwards/none", "", 404, "Forward 'none' not found"));
        rows.add(new Row("GET /forwards/main/routes", "", 200, "\"path\":null"));
        rows.add(new Row("GET /forwards/none/routes", "", 404, "NotFound"));
        rows.add(new Row("POST /forwards/main/routes", "{\"path\":\"\",\"target_group\":\"h\"}", 400, "empty"));
        rows.add(new Row("POST /forwards/main/routes", "{\"path\":\"/x\",\"target_group\":\"\"}", 400, "empty"));
        rows.add(new Row(
                "POST /forwards/main/routes",
                "{\"path\":\"/x\",\"target_group\":\"zz\"}",
                400,
                "Target upstream group 'zz' does not exist"));
        rows.add(new Row(
                "POST /forwards/main/routes",
                "{\"path\":\"/x/{a:[}\",\"target_group\":\"h\"}",
                400,
                "routing[1].path"));
        rows.add(new Row("POST /forwards/main/routes", "{\"path\":\"/x\",\"group\":\"h\"}", 400, "group: unknown"));
        rows.add(new Row("POST /forwards/main/routes", "{\"path\":", 400, "BadRequest"));
        rows.add(new Row("POST /forwards/main/routes", "[]", 400, "BadRequest"));
        rows.add(new Row("POST /forwards/none/routes", "{\"path\":\"/x\",\"target_group\":\"h\"}", 404, "NotFound"));
        rows.add(new Row(
                "POST /forwards/main/routes",
                "{\"path\":\"/api/users/:id\",\"target_group\":\"h\"}",
                201,
                "\"target_group\":\"h\""));
        rows.add(new Row(
                "POST /forwards/main/routes",
                "{\"path\":\"/api/users/:id\",\"target_group\":\"h\"}",
                409,
                "already exists"));
        rows.add(new Row("GET /forwards/main/routes/" + USERS, "", 200, "/api/users/:id"));
        rows.add(new Row("GET /forwards/main/routes/" + USERS.replace("=", ""), "", 200, "/api/users/:id"));
        rows.add(new Row("GET /forwards/main/routes/!!", "", 400, "Invalid base64 path"));
        rows.add(new Row("GET /forwards/main/routes/_-8=", "", 400, "Invalid base64 path"));
        rows.add(new Row("GET /forwards/main/routes/" + encoded("/none"), "", 404, "NotFound"));
        rows.add(new Row(
                "PUT /forwards/main/routes/" + USERS, "{\"target_group\":\"g\"}", 200, "\"target_group\":\"g\""));
        rows.add(new Row("PUT /forwards/main/routes/" + USERS, "{\"target_group\":\"zz\"}", 400, "does not exist"));
        rows.add(new Row("PUT /forwards/main/routes/" + encoded("/none"), "{\"target_group\":\"g\"}", 404, "NotFound"));
        rows.add(new Row("DELETE /forwards/main/routes/" + USERS, "", 204, ""));
        rows.add(new Row("DELETE /forwards/main/routes/" + USERS, "", 404, "NotFound"));
        rows.add(new Row("GET /forwards/main/routes", "", 200, "\"data\":["));
        rows.add(new Row("GET /upstream-groups", "", 200, "\"url\":\"" + url()));
        rows.add(new Row("GET /upstream-groups/g", "", 200, "\"weight\":3"));
        rows.add(new Row("GET /upstream-groups/none", "", 404, "NotFound"));
        rows.add(new Row("PATCH /upstream-groups/g", "{\"upstreams\":[]}", 400, "empty"));
        rows.add(new Row("PATCH /upstream-groups/g", "{\"upstreams\":[{\"name\":\"zz\"}]}", 400, "not found"));
        rows.add(new Row(
                "PATCH /upstream-groups/g", "{\"upstreams\":[{\"name\":\"u\"},{\"name\":\"u\"}]}", 400, "Duplicate"));
        rows.add(new Row("PATCH /upstream-groups/g", "{\"upstreams\":[{\"name\":\"u\",\"weight\":0}]}", 400, "Weight"));
        rows.add(new Row("PATCH /upstream-groups/none", "{\"upstreams\":[{\"name\":\"u\"}]}", 404, "NotFound"));
        rows.add(new Row("GET /upstreams", "", 200, "\"token\":\"${secret:upstreams/u/auth/token@1}\""));
        rows.add(new Row("GET /upstreams/u", "", 200, "\"name\":\"u\""));
        rows.add(new Row("GET /upstreams/none", "", 404, "NotFound"));
        rows.add(new Row("POST /upstreams", server, 201, "\"name\":\"w\""));
        rows.add(new Row("POST /upstreams", server, 409, "already exists"));
        rows.add(new Row("POST /upstreams", "{\"url\":\"http://x\"}", 400, "empty"));
        rows.add(new Row("POST /upstreams", "{\"name\":\"x\",\"url\":\"no url\"}", 400, "url"));
        rows.add(new Row("POST /upstreams", "{\"name\":\"x\",\"url\":\"http://x\",\"brake\":1}", 400, "brake"));
        rows.add(new Row("GET /upstreams/x", "", 404, "NotFound"));
        rows.add(new Row(
                "PATCH /upstream-groups/h",
                "{\"upstreams\":[{\"name\":\"v\"},{\"name\":\"w\",\"weight\":5}]}",
                200,
                "\"weight\":5"));
        rows.add(new Row("DELETE /upstreams/w", "", 409, "upstream groups: h"));
        rows.add(new Row("PUT /upstreams/none", server, 404, "NotFound"));
        rows.add(new Row("PUT /upstreams/w", "{\"name\":\"w\",\"url\":\"\"}", 400, "url"));
        rows.add(new Row(
                "PUT /upstreams/w", "{\"name\":\"other\",\"url\":\"" + url() + "\",\"weight\":4}", 200, "\"w\""));
        rows.add(new Row(
                "PUT /upstreams/w",
                "{\"url\":\"" + url() + "\",\"auth\":{\"type\":\"bearer\",\"token\":\"***\"}}",
                400,
                "***"));
        rows.add(new Row("PATCH /upstream-groups/h", "{\"upstreams\":[{\"name\":\"v\"}]}", 200, "\"name\":\"v\""));
        rows.add(new Row("DELETE /upstreams/w", "", 204, ""));
        rows.add(new Row("DELETE /upstreams/w", "", 404, "NotFound"));
        rows.add(new Row("GET /nothing", "", 404, "NotFound"));
        rows.add(new Row("GET /forwards/main/nothing", "", 404, "NotFound"));
        rows.add(new Row("DELETE /forwards/main", "", 405, "MethodNotAllowed"));
        check(rows);
    }

    @Test
    void whatIsNotTheApisIsToldInItsEnvelope() {
        assertThat(call("DELETE", "/forwards", BEARER, "").header("Allow")).isEqualTo("GET");
        Answer nobody = call("GET", "/forwards", "", "");
        assertThat(nobody.status()).isEqualTo(401);
        assertThat(nobody.header("WWW-Authenticate")).isEqualTo("Bearer");
        assertThat(json(nobody).at("/error/type").asText()).isEqualTo("Unauthorized");
        assertThat(call("GET", "/forwards", "Authorization: Bearer wrong\r\n", "")
                        .status())
                .isEqualTo(401);
        assertThat(call("POST", "/upstreams", BEARER + "Content-Type: text/plain\r\n", "{}")
                        .status())
                .isEqualTo(415);
        Answer docs = call("GET", "/docs", "", "");
        assertThat(docs.status()).isEqualTo(302);
        assertThat(docs.header("Location")).isEqualTo("../../admin/ui/#/api");
    }

    @Test
    void aChangeIsLiveAndKeepsCommentsAndSecrets() {
        Answer made =
                call("POST", "/upstreams", BEARER + JSON, "{\"name\":\"live\",\"url\":\"" + url() + "\",\"weight\":2}");
        assertThat(made.header("Location")).isEqualTo("upstreams/live");
        assertThat(call(
                                "PUT",
                                "/upstreams/u",
                                BEARER + JSON,
                                "{\"url\":\"" + url() + "/live\",\"auth\":{\"type\":\"bearer\"}}")
                        .status())
                .isEqualTo(200);
        long version = node.standing().get("head").asLong();
        assertThat(call("PATCH", "/upstream-groups/g", BEARER + JSON, "{\"upstreams\":[{\"name\":\"u\"}]}")
                        .status())
                .isEqualTo(200);
        node.awaitVersion(version + 1, StoreNode.SOON);
        upstream.reset();
        upstream.otherwise(Behaviour.json("{}"));
        assertThat(node.ask().status()).isEqualTo(200);
        assertThat(upstream.requests("/live/v1/chat/completions"))
                .singleElement()
                .satisfies(request ->
                        assertThat(request.head().values("Authorization")).containsExactly("Bearer CANARY-token"));
        Answer history = RawClient.exchange(
                URI.create("http://127.0.0.1:" + node.admin
                        + "/admin/api/v1/audit?object=PATCH%20/api/v1/upstream-groups/g"),
                "GET",
                BEARER,
                new byte[0]);
        assertThat(history.text()).contains("\"action\":\"config.commit\"");
    }
}
