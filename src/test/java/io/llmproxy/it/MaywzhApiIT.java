package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.it.MaywzhExamples.Row;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.JavaCommand;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The admin API of maywzh's llm-proxy: the calls of its two web UIs, the examples of its README, and each row of the table of routes. */
class MaywzhApiIT {
    private static final String BEARER = "Authorization: Bearer operators-token\r\n";
    private static final String JSON = "Content-Type: application/json\r\n";

    /** Its pages come from elsewhere, and say that they send JSON also when they send nothing. */
    private static final String PAGE = BEARER + JSON + "Origin: http://ui.test:5173\r\n";

    private static FakeUpstream upstream;
    private static StoreNode node;

    private static String document() {
        return """
                # why it is so
                http_server:
                  forwards: [{name: main, address: 127.0.0.1, default_group: main}]
                upstreams:
                  - {name: first, url: "%s", provider: openai, dialect: openai, auth: {type: bearer, token: CANARY-first},
                     models: {m: m-2024, "any-*": m-any}}
                upstream_groups:
                  - {name: main, upstreams: [{name: first}]}
                """.formatted(upstream.url());
    }

    @BeforeAll
    static void start() throws IOException {
        upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
        node = StoreNode.start("", ", compat: [maywzh]").awaitUp();
        commitFirst(node);
    }

    private static void commitFirst(StoreNode one) throws IOException {
        Answer first = RawClient.exchange(
                URI.create("http://127.0.0.1:" + one.admin + "/admin/api/v1/config"),
                "POST",
                BEARER + JSON + "If-Match: \"v0\"\r\n",
                new JsonMapper().writeValueAsBytes(Map.of("text", document())));
        assertThat(first.status()).as(first.toString()).isEqualTo(201);
        one.awaitReady();
    }

    @BeforeEach
    void forget() {
        upstream.reset();
    }

    @AfterAll
    static void stop() {
        node.close();
        upstream.close();
    }

    private static Answer call(StoreNode one, String method, String path, String headers, String body) {
        Answer answer = RawClient.exchange(
                URI.create("http://127.0.0.1:" + one.admin + "/admin/v1" + path),
                method,
                "Connection: close\r\n" + headers,
                body.getBytes(StandardCharsets.UTF_8));
        assertThat(answer.text()).doesNotContain("CANARY");
        return answer;
    }

    /** As a page of a UI does it. */
    private static JsonNode page(String method, String path, String body, int status) {
        Answer answer = call(node, method, path, PAGE, body);
        assertThat(answer.status()).as(method + " " + path + ": " + answer).isEqualTo(status);
        assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("*");
        return status == 204 ? new JsonMapper().createObjectNode() : json(answer);
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
        String[] call = row.call().split(" ", 2);
        Answer answer = call(node, call[0], call[1], BEARER + (row.body().isEmpty() ? "" : JSON), row.body());
        assertThat(answer.status()).as(row + ": " + answer).isEqualTo(row.status());
        if (row.status() == 204) {
            assertThat(answer.body()).isEmpty();
            return;
        }
        if (row.status() >= 400) {
            JsonNode told = json(answer);
            assertThat(told.at("/error/code").asInt()).as(row.toString()).isEqualTo(row.status());
            assertThat(told.at("/detail").asText())
                    .isNotEmpty()
                    .isEqualTo(told.at("/error/message").asText());
        }
        assertThat(answer.text()).as(row.toString()).contains(row.contains());
    }

    private static int ask(StoreNode one, String key, String model) {
        return RawClient.exchange(
                        URI.create("http://127.0.0.1:" + one.port + "/v1/chat/completions"),
                        "POST",
                        "Connection: close\r\nAuthorization: Bearer " + key + "\r\n",
                        ("{\"model\":\"" + model + "\",\"messages\":[]}").getBytes(StandardCharsets.UTF_8))
                .status();
    }

    private static void await(StoreNode one, String key, String model, int status) {
        Awaitility.await()
                .atMost(StoreNode.SOON)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> ask(one, key, model) == status);
    }

    private static void awaitRefused(StoreNode one, String key, String model) {
        Awaitility.await()
                .atMost(StoreNode.SOON)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> ask(one, key, model) != 200);
    }

    private static void awaitHead() {
        node.awaitVersion(page("GET", "/config/version", "", 200).at("/version").asLong(), StoreNode.SOON);
    }

    @Test
    void theExamplesOfItsReadmeAreAnswered() {
        check(MaywzhExamples.all());
        for (JsonNode key : page("GET", "/credentials", "", 200).at("/credentials")) {
            if (List.of("Default Key", "Limited Key", "Unlimited Key")
                    .contains(key.at("/name").asText())) {
                page("DELETE", "/credentials/" + key.at("/id").asText(), "", 204);
            }
        }
    }

    @Test
    void wrongCallsAreAnsweredWithTheirTrueStatus() {
        String provider = "{\"provider_key\":\"rows\",\"api_base\":\"" + upstream.url()
                + "\",\"api_key\":\"CANARY-rows\",\"model_mapping\":{\"r\":\"r\"}}";
        String credential = "{\"key\":\"sk-rows\",\"name\":\"rows\"}";
        List<Row> rows = new ArrayList<>();
        rows.add(new Row("POST /providers", provider, 201, "\"provider_type\":\"openai\""));
        rows.add(new Row("POST /providers", provider, 409, "Provider with key 'rows' already exists"));
        rows.add(new Row("POST /providers", "{\"api_base\":\"http://x\",\"api_key\":\"k\"}", 400, "required"));
        rows.add(new Row("POST /providers", "{\"provider_key\":\"x\",\"api_key\":\"k\"}", 400, "API base is required"));
        rows.add(new Row("POST /providers", "{\"provider_key\":\"x\",\"api_base\":\"http://x\"}", 400, "API key"));
        rows.add(new Row("POST /providers", provider.replace("rows", "x").replace("http", "gopher"), 400, "url"));
        rows.add(new Row("POST /providers", "{\"provider_key\":", 400, "not JSON"));
        rows.add(new Row("POST /providers", "[]", 400, "a JSON object"));
        rows.add(new Row("PUT /providers/rows", "{}", 400, "No fields to update"));
        rows.add(new Row("PUT /providers/rows", "{\"weight\":0}", 400, "1 to 65535"));
        rows.add(new Row("PUT /providers/rows", "{\"api_base\":null}", 400, "API base is required"));
        rows.add(new Row("PUT /providers/rows", "{\"api_key\":\"***\"}", 400, "***"));
        rows.add(new Row("PUT /providers/rows", "{\"api_bass\":\"http://x\"}", 400, "api_bass"));
        rows.add(new Row("PUT /providers/rows", "{\"model_mapping\":{\"a\":{\"max_tokens\":1}}}", 400, "mapped_model"));
        rows.add(new Row("PUT /providers/rows", "{\"provider_params\":{\"region\":\"x\"}}", 400, "region"));
        rows.add(new Row("PUT /providers/4711", "{\"weight\":1}", 404, "Provider with ID 4711 not found"));
        rows.add(new Row("PATCH /providers/rows/status", "{}", 400, "true or false"));
        rows.add(new Row("PATCH /providers/4711/status", "{\"enabled\":true}", 404, "4711"));
        rows.add(new Row("POST /providers/rows/health", "{\"max_concurrent\":11}", 400, "1 to 10"));
        rows.add(new Row("POST /providers/rows/health", "{\"timeout_secs\":0}", 400, "1 to 120"));
        rows.add(new Row("GET /health/providers/4711", "", 404, "4711"));
        rows.add(new Row("GET /health/providers/rows?timeout_secs=x", "", 400, "timeout_secs"));
        rows.add(new Row("PUT /providers/rows", "{\"weight\":7,\"model_mapping\":null}", 200, "\"is_enabled\":false"));
        rows.add(new Row("PUT /providers/rows", "{\"weight\":null}", 200, "\"weight\":1"));
        rows.add(new Row("PUT /providers/rows", "{\"model_mapping\":{\"r\":\"s\"}}", 200, "\"is_enabled\":true"));
        rows.add(new Row("POST /credentials", credential, 201, "\"key_preview\":\"sk-***ows\""));
        rows.add(new Row("POST /credentials", credential, 409, "rows"));
        rows.add(new Row("POST /credentials", credential.replace("\"rows\"", "\"other\""), 409, "key"));
        rows.add(new Row("POST /credentials", "{\"name\":\"x\"}", 400, "Key value is required"));
        rows.add(new Row("POST /credentials", "{\"key\":\"sk-x\"}", 400, "Credential name is required"));
        rows.add(new Row("POST /credentials", "{\"key\":\"sk x\",\"name\":\"x\"}", 400, "ASCII"));
        rows.add(new Row("POST /credentials", "{\"key\":\"sk-x\",\"name\":\"x\",\"rate_limit\":0}", 400, "is_enabled"));
        rows.add(new Row("PUT /credentials/4711", "{\"name\":\"x\"}", 404, "Credential with ID 4711 not found"));
        rows.add(new Row("POST /credentials/4711/rotate", "", 404, "4711"));
        rows.add(new Row("GET /logs/4711", "", 404, "Log 4711 not found"));
        rows.add(new Row("DELETE /error-logs/4711", "", 404, "Error log 4711 not found"));
        rows.add(new Row("POST /logs/batch-delete", "{\"ids\":\"all\"}", 400, "ids"));
        rows.add(new Row("GET /logs?start_time=yesterday", "", 400, "start_time"));
        rows.add(new Row("GET /lua-scripts", "", 404, "Not Found"));
        rows.add(new Row("DELETE /providers", "", 405, "Method Not Allowed"));
        rows.add(new Row("DELETE /providers/rows", "", 204, ""));
        rows.add(new Row("DELETE /providers/rows", "", 404, "rows"));
        check(rows);
        page("DELETE", "/credentials/" + id("credentials", "rows"), "", 204);
    }

    /** The number of what has a name. */
    private static String id(String kind, String name) {
        for (JsonNode item : page("GET", "/" + kind, "", 200).path(kind)) {
            if (name.equals(item.path("name").asText(item.path("provider_key").asText()))) {
                return item.path("id").asText();
            }
        }
        throw new IllegalStateException("no " + name);
    }

    @Test
    void aPageSignsInAndNobodyElseDoes() {
        Answer asked = call(
                node, "OPTIONS", "/providers", "Origin: http://ui.test\r\nAccess-Control-Request-Method: PUT\r\n", "");
        assertThat(asked.status()).isEqualTo(204);
        assertThat(asked.header("Access-Control-Allow-Origin")).isEqualTo("*");
        assertThat(asked.header("Access-Control-Allow-Methods")).contains("PATCH");
        assertThat(asked.header("Access-Control-Allow-Headers")).contains("Authorization");
        assertThat(asked.header("Access-Control-Allow-Credentials")).isEmpty();

        JsonNode valid = page("POST", "/auth/validate", "", 200);
        assertThat(valid.at("/valid").asBoolean()).isTrue();
        assertThat(valid.at("/message").asText()).isEqualTo("Admin key is valid");
        for (String headers :
                List.of(JSON, JSON + "Authorization: Bearer wrong\r\n", "Authorization: Basic eDp5\r\n")) {
            Answer nobody = call(node, "POST", "/auth/validate", headers, "");
            assertThat(nobody.status()).as(headers).isEqualTo(401);
            assertThat(json(nobody).at("/valid").asBoolean(true)).isFalse();
            assertThat(json(nobody).at("/detail").asText()).isNotEmpty();
            assertThat(call(node, "GET", "/providers", headers, "").status()).isEqualTo(401);
        }
    }

    @Test
    void aRoleMayDoHereWhatItMayDoElsewhere() throws IOException {
        Answer made = RawClient.exchange(
                URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1/tokens"),
                "POST",
                BEARER + JSON,
                new JsonMapper().writeValueAsBytes(Map.of("name", "viewer of pages", "role", "viewer")));
        String viewer = "Authorization: Bearer " + json(made).at("/token").asText() + "\r\n" + JSON;
        assertThat(call(node, "POST", "/auth/validate", viewer, "").status()).isEqualTo(200);
        assertThat(call(node, "GET", "/providers", viewer, "").status()).isEqualTo(200);
        for (String refused : List.of(
                "POST /providers",
                "PATCH /providers/1/status",
                "POST /providers/1/health",
                "GET /health/providers/1",
                "POST /credentials",
                "POST /config/reload",
                "DELETE /logs/1")) {
            String[] one = refused.split(" ", 2);
            Answer answer = call(node, one[0], one[1], viewer, one[0].equals("GET") ? "" : "{}");
            assertThat(answer.status()).as(refused).isEqualTo(403);
            assertThat(json(answer).at("/detail").asText()).contains("role");
        }
    }

    @Test
    void aFileIsOnlyLookedAt(@TempDir Path directory) throws IOException {
        int admin = Ports.free();
        Path file =
                Files.writeString(directory.resolve("config.yaml"), """
                http_server:
                  admin: {port: %d, token: operators-token, compat: [maywzh]}
                  forwards: [{name: main, address: 127.0.0.1, port: %d, upstream_group: g}]
                upstreams: [{name: plain, url: "%s"}]
                upstream_groups: [{name: g, upstreams: [{name: plain}]}]
                """.formatted(admin, Ports.free(), upstream.url()));
        List<String> command = JavaCommand.launcher("-Xmx128m");
        command.addAll(List.of("--config", file.toString()));
        try (ServerProcess process = ServerProcess.start(directory, Map.of(), command)) {
            URI root = URI.create("http://127.0.0.1:" + admin + "/admin/v1/");
            Awaitility.await()
                    .atMost(StoreNode.SOON)
                    .failFast(() -> !process.alive())
                    .ignoreExceptionsInstanceOf(UncheckedIOException.class)
                    .until(() -> send(root.resolve("config/version"), "GET", "").status() == 200);
            JsonNode provider = json(send(root.resolve("providers/1"), "GET", ""));
            assertThat(provider.at("/provider_key").asText()).isEqualTo("plain");
            assertThat(provider.at("/provider_type").asText()).isEqualTo("custom");
            assertThat(json(send(root.resolve("credentials"), "GET", "")).at("/credentials"))
                    .isEmpty();
            Answer provided = send(root.resolve("providers/1/status"), "PATCH", "{\"enabled\":false}");
            assertThat(provided.status()).isEqualTo(409);
            assertThat(json(provided).at("/detail").asText()).contains("is a file");
            assertThat(send(root.resolve("credentials"), "POST", "{\"key\":\"k\",\"name\":\"k\"}")
                            .status())
                    .isEqualTo(409);
        }
    }

    private static Answer send(URI uri, String method, String body) {
        return RawClient.exchange(uri, method, "Connection: close\r\n" + PAGE, body.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void thePageOfProvidersWorks() {
        String created = """
                {"provider_key":"ui","provider_type":"anthropic","api_base":"%s","api_key":"CANARY-ui",
                 "model_mapping":{"claude":"claude-3"},"provider_params":{}}""".formatted(upstream.url());
        JsonNode made = page("POST", "/providers", created, 201);
        String id = made.at("/provider/id").asText();
        assertThat(made.at("/id").asText()).isEqualTo(id);
        assertThat(made.at("/provider/provider_type").asText()).isEqualTo("anthropic");
        assertThat(made.at("/provider/is_enabled").asBoolean()).isTrue();
        assertThat(page("GET", "/providers/" + id, "", 200).at("/api_base").asText())
                .isEqualTo(upstream.url());
        assertThat(id("providers", "first")).isEqualTo("1");

        String updated = """
                {"provider_type":"openai","api_base":"%s/live","model_mapping":{"gpt":{"mapped_model":"gpt-9","max_tokens":5}},
                 "is_enabled":true,"provider_params":{},"api_key":"CANARY-new"}""".formatted(upstream.url());
        JsonNode changed = page("PUT", "/providers/" + id, updated, 200);
        assertThat(changed.at("/status").asText()).isEqualTo("updated");
        assertThat(changed.at("/version").asLong())
                .isGreaterThan(made.at("/version").asLong());
        assertThat(changed.at("/model_mapping").toString()).isEqualTo("{\"gpt\":\"gpt-9\"}");
        page("POST", "/credentials", "{\"key\":\"sk-for-providers\",\"name\":\"for providers\"}", 201);
        await(node, "sk-for-providers", "gpt", 200);
        assertThat(upstream.requests("/live/v1/chat/completions"))
                .last()
                .satisfies(request ->
                        assertThat(request.head().values("Authorization")).containsExactly("Bearer CANARY-new"));

        JsonNode off = page("PATCH", "/providers/" + id + "/status", "{\"enabled\":false}", 200);
        assertThat(off.at("/is_enabled").asBoolean(true)).isFalse();
        awaitRefused(node, "sk-for-providers", "gpt");
        JsonNode disabled = page("POST", "/providers/" + id + "/health", "{}", 200);
        assertThat(disabled.at("/status").asText()).isEqualTo("disabled");
        page("PATCH", "/providers/" + id + "/status", "{\"enabled\":true}", 200);
        await(node, "sk-for-providers", "gpt", 200);
        page("DELETE", "/providers/" + id, "", 204);
        page("GET", "/providers/" + id, "", 404);
        assertThat(page("DELETE", "/providers/1", "", 409).at("/detail").asText())
                .contains("last one");
        page("DELETE", "/credentials/" + id("credentials", "for providers"), "", 204);
    }

    @Test
    void providersOnVertexKeepProjectAndLocationApart() {
        String created = """
                {"provider_key":"vertex","provider_type":"gemini","api_base":"https://europe-aiplatform.test","api_key":"t",
                 "model_mapping":{"g":"g"},"provider_params":{"gcp_project":"p","gcp_location":"europe","gcp_publisher":"google"}}""";
        JsonNode made = page("POST", "/providers", created, 201);
        String id = made.at("/id").asText();
        assertThat(made.at("/provider_type").asText()).isEqualTo("gemini");
        assertThat(made.at("/api_base").asText()).isEqualTo("https://europe-aiplatform.test");
        assertThat(made.at("/provider_params/gcp_project").asText()).isEqualTo("p");
        JsonNode moved = page("PUT", "/providers/" + id, "{\"provider_params\":{\"gcp_project\":\"q\"}}", 200);
        assertThat(moved.at("/provider_params/gcp_location").asText()).isEqualTo("us-central1");
        assertThat(moved.at("/api_base").asText()).isEqualTo("https://europe-aiplatform.test");
        page("DELETE", "/providers/" + id, "", 204);
    }

    @Test
    void thePageOfCredentialsWorks() {
        String key = "sk-made-by-the-page-0123456789abcdefghijklmnopqrstuv";
        JsonNode made = page(
                "POST",
                "/credentials",
                "{\"key\":\"" + key + "\",\"name\":\"page\",\"allowed_models\":[\"m\"],\"rate_limit\":null}",
                201);
        String id = made.at("/credential/id").asText();
        assertThat(made.at("/key_preview").asText()).isEqualTo("sk-***tuv");
        JsonNode shown = page("GET", "/credentials/" + id, "", 200);
        assertThat(shown.at("/key_preview").asText()).matches("\\*\\*\\*[0-9a-f]{6}");
        await(node, key, "m", 200);
        assertThat(ask(node, key, "any-thing")).isEqualTo(403);

        String limited = "{\"name\":\"page 2\",\"allowed_models\":[],\"rate_limit\":100,\"is_enabled\":true}";
        JsonNode changed = page("PUT", "/credentials/" + id, limited, 200);
        assertThat(changed.at("/status").asText()).isEqualTo("updated");
        assertThat(changed.at("/rate_limit").asInt()).isEqualTo(100);
        await(node, key, "any-thing", 200);
        JsonNode free = page("PUT", "/credentials/" + id, limited.replace("100", "null"), 200);
        assertThat(free.at("/rate_limit").isNull()).isTrue();

        JsonNode off = page("PATCH", "/credentials/" + id + "/status", "{\"enabled\":false}", 200);
        assertThat(off.at("/is_enabled").asBoolean(true)).isFalse();
        await(node, key, "m", 401);
        page("PATCH", "/credentials/" + id + "/status", "{\"enabled\":true}", 200);
        await(node, key, "m", 200);

        JsonNode rotated = page("POST", "/credentials/" + id + "/rotate", "", 200);
        String next = rotated.at("/new_key").asText();
        assertThat(rotated.at("/message").asText()).isNotEmpty();
        await(node, next, "m", 200);
        assertThat(ask(node, key, "m")).isEqualTo(401);
        page("PUT", "/credentials/" + id, "{\"key\":\"" + key + "\"}", 200);
        await(node, key, "m", 200);
        assertThat(ask(node, next, "m")).isEqualTo(401);
        Answer audit = RawClient.exchange(
                URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1/audit?object=page%202"),
                "GET",
                BEARER,
                new byte[0]);
        assertThat(audit.text())
                .contains("\"action\":\"key.rotate\"", "\"action\":\"key.change\"")
                .doesNotContain(next)
                .doesNotContain(key);
        page("DELETE", "/credentials/" + id, "", 204);
        await(node, key, "m", 401);
    }

    @Test
    void thePageOfHealthWorks() {
        upstream.on(
                "/v1/chat/completions", Behaviour.json("{}"), Behaviour.status(500, "", "{}"), Behaviour.json("{}"));
        awaitHead();
        JsonNode one = page("POST", "/providers/1/health", "{\"models\":[\"m\",\"n\"],\"max_concurrent\":1}", 200);
        assertThat(one.at("/status").asText()).isEqualTo("healthy");
        assertThat(one.at("/models/0/status").asText()).isEqualTo("healthy");
        assertThat(one.at("/models/1/status").asText()).isEqualTo("unhealthy");
        assertThat(one.at("/models/1/error").asText()).contains("500");
        JsonNode look = page("GET", "/health/providers/1?models=m&timeout_secs=10", "", 200);
        assertThat(look.at("/provider_key").asText()).isEqualTo("first");
        assertThat(look.at("/models/0/response_time_ms").isNumber()).isTrue();
        JsonNode all = page("POST", "/health/check", "{\"provider_ids\":[1]}", 200);
        assertThat(all.at("/total_providers").asInt()).isEqualTo(1);
        assertThat(all.at("/healthy_providers").asInt()).isEqualTo(1);
        assertThat(all.at("/providers/0/models"))
                .singleElement()
                .satisfies(model -> assertThat(model.at("/model").asText()).isEqualTo("m"));
        assertThat(upstream.requests("/v1/chat/completions"))
                .last()
                .satisfies(request -> assertThat(new String(request.body(), StandardCharsets.UTF_8))
                        .contains("\"m-2024\""));
    }

    @Test
    void thePageOfLogsWorks() throws IOException {
        page("POST", "/credentials", "{\"key\":\"sk-logs\",\"name\":\"logs\"}", 201);
        await(node, "sk-logs", "m", 200);
        assertThat(ask(node, "sk-logs", "no-such-model")).isGreaterThanOrEqualTo(400);
        String mine = "&credential_name=logs";
        Awaitility.await()
                .atMost(StoreNode.SOON)
                .until(() -> page("GET", "/error-logs?page=1&page_size=20" + mine, "", 200)
                                .at("/total")
                                .asInt()
                        == 1);
        JsonNode logs = page("GET", "/logs?page=1&page_size=1&sort_by=timestamp&sort_order=asc" + mine, "", 200);
        assertThat(logs.at("/total").asInt()).isGreaterThanOrEqualTo(2);
        assertThat(logs.at("/items")).hasSize(1);
        assertThat(logs.at("/total_pages").asInt()).isEqualTo(logs.at("/total").asInt());
        JsonNode found =
                page("GET", "/logs?model=m&error_only=false" + mine, "", 200).at("/items/0");
        assertThat(found.at("/provider_name").asText()).isEqualTo("first");
        assertThat(found.at("/status_code").asInt()).isEqualTo(200);
        String id = found.at("/id").asText();
        JsonNode one = page("GET", "/logs/" + id, "", 200);
        assertThat(one.at("/request_id")).isEqualTo(found.at("/request_id"));
        assertThat(one.has("response_body")).isTrue();
        JsonNode stats = page("GET", "/logs/stats?model=m", "", 200);
        assertThat(stats.at("/total_requests").asInt()).isPositive();
        assertThat(stats.at("/requests_by_provider/first").asInt()).isPositive();

        page("DELETE", "/logs/" + id, "", 204);
        page("GET", "/logs/" + id, "", 404);
        String error = page("GET", "/error-logs?page=1" + mine, "", 200)
                .at("/items/0/id")
                .asText();
        JsonNode failed = page("GET", "/error-logs/" + error, "", 200);
        assertThat(page("POST", "/error-logs/batch-delete", "{\"ids\":[" + error + "]}", 200)
                        .at("/deleted")
                        .asInt())
                .isEqualTo(1);
        // A call is noted when it has been answered.
        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(own(node, "GET", "audit?action=requests.forget&limit=1", BEARER, Map.of())
                                        .text())
                                .contains(failed.at("/request_id").asText()));
        assertThat(page("GET", "/error-logs?page=1" + mine, "", 200)
                        .at("/total_pages")
                        .asInt())
                .isEqualTo(1);
        page("DELETE", "/credentials/" + id("credentials", "logs"), "", 204);
    }

    @Test
    void anEditorHandsOutNothingThatTheProcessKnows() throws IOException {
        String editor = token(node, "editor of pages", "editor");
        String provider = """
                {"provider_key":"thief","api_base":"%s","api_key":"%s","model_mapping":{"x":"x"}}""";
        for (String reference : List.of(
                "${LLMPROXY_ADMIN_TOKEN}", "x${PATH}", "${PATH:-x}", "${file:/etc/hostname}", "\\u0024{PATH}")) {
            Answer answer = call(node, "POST", "/providers", editor, provider.formatted(upstream.url(), reference));
            assertThat(answer.status()).as(reference + answer).isEqualTo(403);
            assertThat(json(answer).at("/detail").asText()).contains("upstreams[1].auth.token: ${", "role admin");
            for (String call : List.of("config/check", "config?dry_run=true", "config")) {
                Answer checked = own(
                        node,
                        "POST",
                        call,
                        editor + "If-Match: \"v1\"\r\n",
                        Map.of("text", "upstreams:\n  - name: \"" + reference + "\"\n"));
                assertThat(checked.status()).as(call + checked).isEqualTo(403);
                assertThat(json(checked).at("/problems/0/path").asText()).isEqualTo("upstreams[0].name");
                assertThat(json(checked).at("/problems/0/line").asInt()).isEqualTo(2);
            }
        }
        Answer literal = call(node, "POST", "/providers", editor, provider.formatted(upstream.url(), "$${PATH}"));
        assertThat(literal.status()).as(literal.toString()).isEqualTo(201);
        page("DELETE", "/providers/thief", "", 204);
        assertThat(own(node, "POST", "config/check", BEARER + JSON, Map.of("text", "upstreams:\n  - name: ${PATH}\n"))
                        .status())
                .isEqualTo(200);
    }

    private static String token(StoreNode one, String name, String role) throws IOException {
        Answer made = own(one, "POST", "tokens", BEARER + JSON, Map.of("name", name, "role", role));
        return "Authorization: Bearer " + json(made).at("/token").asText() + "\r\n" + JSON;
    }

    private static Answer own(StoreNode one, String method, String path, String headers, Map<String, ?> body)
            throws IOException {
        return RawClient.exchange(
                URI.create("http://127.0.0.1:" + one.admin + "/admin/api/v1/" + path),
                method,
                "Connection: close\r\n" + headers,
                body.isEmpty() ? new byte[0] : new JsonMapper().writeValueAsBytes(body));
    }

    @Test
    void aRefusedChangeOfACredentialChangesNothing() throws IOException {
        page("POST", "/credentials", "{\"key\":\"sk-taken\",\"name\":\"taken\"}", 201);
        Answer issued = own(
                node,
                "POST",
                "keys",
                BEARER + JSON,
                Map.of("name", "bursting", "requests_per_second", 10, "burst_size", 50));
        assertThat(issued.status()).as(issued.toString()).isEqualTo(201);
        String id = id("credentials", "bursting");

        String wanted = "{\"name\":\"other\",\"is_enabled\":false,\"key\":\"sk-taken\"}";
        assertThat(page("PUT", "/credentials/" + id, wanted, 409).at("/detail").asText())
                .contains("another credential has it");
        JsonNode same = page("GET", "/credentials/" + id, "", 200);
        assertThat(same.at("/name").asText()).isEqualTo("bursting");
        assertThat(same.at("/is_enabled").asBoolean()).isTrue();

        String renamed = "{\"name\":\"burst\",\"allowed_models\":[],\"rate_limit\":10,\"is_enabled\":true}";
        page("PUT", "/credentials/" + id, renamed, 200);
        assertThat(json(own(node, "GET", "keys?q=burst", BEARER, Map.of()))
                        .at("/keys/0/burst_size")
                        .asInt())
                .isEqualTo(50);
        page("PUT", "/credentials/" + id, "{\"name\":\"moved\",\"key\":\"sk-moved\"}", 200);
        await(node, "sk-moved", "m", 200);
        String audit = own(node, "GET", "audit?limit=50", BEARER, Map.of()).text();
        assertThat(audit).contains("\"action\":\"key.rotate\"", "\"object\":\"moved\"");
        page("DELETE", "/credentials/" + id, "", 204);
        page("DELETE", "/credentials/" + id("credentials", "taken"), "", 204);
    }

    @Test
    void aKeyThatIsANumberIsFound() {
        String created = """
                {"provider_key":"2024","api_base":"%s","api_key":"k","model_mapping":{"y":"y"}}""".formatted(upstream.url());
        JsonNode made = page("POST", "/providers", created, 201);
        assertThat(made.at("/provider/provider_key").asText()).isEqualTo("2024");
        String id = made.at("/id").asText();
        assertThat(page("PUT", "/providers/" + id, "{\"weight\":3}", 200)
                        .at("/provider_key")
                        .asText())
                .isEqualTo("2024");
        page("DELETE", "/providers/" + id, "", 204);
    }

    @Test
    void aTestThatIsRefusedSetsNoKeyAside() throws IOException {
        page("POST", "/credentials", "{\"key\":\"sk-tests\",\"name\":\"tests\"}", 201);
        await(node, "sk-tests", "m", 200);
        upstream.on("/v1/chat/completions", Behaviour.status(403, "", "{}"), Behaviour.json("{}"));
        JsonNode refused = page("POST", "/providers/1/health", "{\"models\":[\"not-for-this-key\"]}", 200);
        assertThat(refused.at("/models/0/status").asText()).isEqualTo("unhealthy");
        assertThat(refused.at("/models/0/error").asText()).contains("403");
        assertThat(ask(node, "sk-tests", "m")).isEqualTo(200);

        String viewer = token(node, "viewer who tests", "viewer");
        assertThat(call(node, "POST", "/providers/1/health", viewer, "{}").status())
                .isEqualTo(403);
        Awaitility.await().untilAsserted(() -> {
            JsonNode last =
                    json(own(node, "GET", "audit?action=upstream.test&outcome=forbidden&limit=1", BEARER, Map.of()));
            assertThat(last.at("/entries/0/actor").asText()).as(last.toString()).contains("viewer who tests");
        });
        page("DELETE", "/credentials/" + id("credentials", "tests"), "", 204);
    }

    /** As {@code config import} of its file has it, where each secret is a reference already. */
    @Test
    void aDocumentInItsOwnWordsCanBeEdited() throws IOException {
        try (StoreNode fresh = StoreNode.start("", ", compat: [maywzh]").awaitUp()) {
            String theirs = """
                    server: {host: 127.0.0.1, port: %d}
                    providers:
                      - {provider_key: one, provider_type: openai, api_base: "%s/v1", api_key: "${NO_SUCH:-k}", model_mapping: {m: m}}
                      - {provider_key: two, provider_type: openai, api_base: "%s/v1", api_key: "${NO_SUCH:-k}", model_mapping: {m: m}}
                    """.formatted(fresh.port, upstream.url(), upstream.url());
            Answer first = own(fresh, "POST", "config", BEARER + JSON + "If-Match: \"v0\"\r\n", Map.of("text", theirs));
            assertThat(first.status()).as(first.toString()).isEqualTo(201);
            fresh.awaitReady();
            Answer off = call(fresh, "PATCH", "/providers/2/status", PAGE, "{\"enabled\":false}");
            assertThat(off.status()).as(off.toString()).isEqualTo(200);
            assertThat(call(fresh, "DELETE", "/providers/2", PAGE, "").status()).isEqualTo(204);
            assertThat(json(call(fresh, "GET", "/providers", PAGE, "")).at("/providers"))
                    .singleElement()
                    .satisfies(left ->
                            assertThat(left.at("/provider_key").asText()).isEqualTo("one"));

            // Its pages run elsewhere, and so may others.
            for (int i = 0; i < 11; i++) {
                call(fresh, "GET", "/providers", "Origin: http://evil.test\r\nAuthorization: Bearer guess\r\n", "");
            }
            assertThat(call(fresh, "GET", "/providers", PAGE, "").status()).isEqualTo(429);
            assertThat(call(fresh, "GET", "/providers", BEARER, "").status()).isEqualTo(200);
        }
    }

    @Test
    void aCredentialWhoseNameTheConfigurationTookCanBeDisabled() throws IOException {
        page("POST", "/credentials", "{\"key\":\"sk-first-here\",\"name\":\"first here\"}", 201);
        String id = id("credentials", "first here");
        Answer head = own(node, "GET", "config", BEARER + "Accept: application/yaml\r\n", Map.of());
        String text = json(own(
                        node,
                        "GET",
                        "config/versions/" + head.header("ETag").replaceAll("[^0-9]", ""),
                        BEARER,
                        Map.of()))
                .at("/text")
                .asText();
        assertThat(text).isNotEmpty();
        Answer taken = own(
                node,
                "POST",
                "config",
                BEARER + JSON + "If-Match: " + head.header("ETag") + "\r\n",
                Map.of("text", text + "keys: [{name: first here, key: '${NO_SUCH:-other-value}'}]\n"));
        assertThat(taken.status()).as(taken.toString()).isEqualTo(201);
        JsonNode off = page("PATCH", "/credentials/" + id + "/status", "{\"enabled\":false}", 200);
        assertThat(off.at("/is_enabled").asBoolean(true)).isFalse();
        page("DELETE", "/credentials/" + id, "", 204);
    }

    @Test
    void whatOneNodeIsToldHoldsOnAll() throws IOException {
        try (PostgresServer server = PostgresServer.start()) {
            String store = "url: '" + server.database() + "', key: 0123456789abcdef";
            try (StoreNode here = StoreNode.start(store, ", compat: [maywzh]").awaitUp();
                    StoreNode there =
                            StoreNode.start(store, ", compat: [maywzh]").awaitUp()) {
                commitFirst(here);
                there.awaitReady();
                Answer made =
                        call(here, "POST", "/credentials", PAGE, "{\"key\":\"sk-everywhere\",\"name\":\"everywhere\"}");
                assertThat(made.status()).as(made.toString()).isEqualTo(201);
                await(there, "sk-everywhere", "m", 200);
                String provider = "{\"provider_key\":\"second\",\"api_base\":\"" + upstream.url()
                        + "\",\"api_key\":\"k\",\"model_mapping\":{\"two\":\"two\"}}";
                String id = json(call(here, "POST", "/providers", PAGE, provider))
                        .at("/id")
                        .asText();
                await(there, "sk-everywhere", "two", 200);
                assertThat(json(call(there, "GET", "/providers/" + id, PAGE, ""))
                                .at("/provider_key")
                                .asText())
                        .isEqualTo("second");
                Answer off = call(there, "PATCH", "/providers/" + id + "/status", PAGE, "{\"enabled\":false}");
                assertThat(off.status()).isEqualTo(200);
                awaitRefused(here, "sk-everywhere", "two");
            }
        }
    }
}
