package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.ApiDocument;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Operators change a configuration that is in a store, and see what became of it. */
class AdminApiStoreIT {
    private static final String BEARER = "Authorization: Bearer operators-token\r\n";
    private static final String CANARY = "CANARY";

    private static String document(FakeUpstream upstream, int weight, String more) {
        return """
                # why it is so
                http_server: {forwards: [{name: main, address: 127.0.0.1, upstream_group: g}]}
                upstreams: [{name: u, url: "%s", auth: {type: bearer, token: CANARY-upstream}%s}]
                upstream_groups: [{name: g, upstreams: [{name: u, weight: %d}]}]
                """.formatted(upstream.url(), more, weight);
    }

    private static Answer call(StoreNode node, String method, String path, String headers, Map<String, ?> body)
            throws IOException {
        URI uri = URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1" + path);
        byte[] bytes = body.isEmpty() ? new byte[0] : new JsonMapper().writeValueAsBytes(body);
        Answer answer = RawClient.exchange(
                uri, method, BEARER + "Connection: close\r\nContent-Type: application/json\r\n" + headers, bytes);
        assertThat(answer.text()).as(path).doesNotContain(CANARY);
        assertThat(ApiDocument.shared().problems(method, path.split("\\?", 2)[0], answer))
                .isEmpty();
        return answer;
    }

    private static JsonNode json(Answer answer) throws IOException {
        return new JsonMapper().readTree(answer.text());
    }

    private static String code(Answer answer) throws IOException {
        return answer.status() + " " + json(answer).at("/code").asText();
    }

    private static Answer commit(StoreNode node, String base, String text, Map<String, ?> more) throws IOException {
        Map<String, Object> body = new HashMap<>(more);
        body.put("text", text);
        return call(node, "POST", "/config", base.isEmpty() ? "" : "If-Match: " + base + "\r\n", body);
    }

    @Test
    void aChangeIsCheckedStoredServedAndTakenBack() throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.start("").awaitUp()) {
            assertThat(json(call(node, "GET", "/session", "", Map.of()))
                            .at("/writable")
                            .asBoolean())
                    .isTrue();
            Answer empty = call(node, "GET", "/config", "", Map.of());
            assertThat(code(commit(node, "", document(upstream, 1, ""), Map.of())))
                    .isEqualTo("428 precondition_required");
            Answer first = commit(node, "\"v0\"", document(upstream, 1, ""), Map.of("comment", "the first one"));
            assertThat(first.status()).as(first + " after " + empty).isEqualTo(201);
            assertThat(first.header("ETag")).isEqualTo("\"v1\"");
            assertThat(first.header("Location")).endsWith("/admin/api/v1/config/versions/1");
            node.awaitReady();
            assertThat(node.ask().status()).isEqualTo(200);

            Answer shown = call(node, "GET", "/config", "Accept: application/yaml\r\n", Map.of());
            assertThat(shown.header("ETag")).isEqualTo("\"v1\"");
            assertThat(shown.text()).contains("${secret:upstreams/u/auth/token@1}");
            // Case 33.
            String masked = document(upstream, 1, "").replace("CANARY-upstream", "'***'");
            Answer mask = commit(node, "\"v1\"", masked, Map.of());
            assertThat(code(mask)).isEqualTo("400 mask_sent_back");
            assertThat(json(mask).at("/problems/0/path").asText()).isEqualTo("upstreams[0].auth.token");
            Answer broken = commit(node, "\"v1\"", "upstreams: [{name: u}]", Map.of());
            assertThat(code(broken)).isEqualTo("422 invalid_config");
            assertThat(json(broken).at("/problems/0/line").asInt()).isPositive();

            Answer dry = call(
                    node, "POST", "/config?dry_run=true", "", Map.of("text", document(upstream, 2, ", weight: 3")));
            assertThat(dry.status()).isEqualTo(200);
            assertThat(json(dry).at("/diff/changes/0/path").asText()).isEqualTo("upstreams[u].weight");
            Answer second = commit(node, "\"v1\"", document(upstream, 2, ""), Map.of());
            assertThat(second.status()).isEqualTo(201);

            Answer late = commit(node, "\"v1\"", document(upstream, 3, ""), Map.of());
            assertThat(code(late)).isEqualTo("412 precondition_failed");
            assertThat(json(late).at("/current").asLong()).isEqualTo(2);
            assertThat(json(late).at("/theirs/changes/0/to").asInt()).isEqualTo(2);
            assertThat(json(late).at("/yours/changes/0/to").asInt()).isEqualTo(3);

            String secret = document(upstream, 2, "").replace("CANARY-upstream", "CANARY-another");
            assertThat(commit(node, "\"v2\"", secret, Map.of()).status()).isEqualTo(201);
            JsonNode diff = json(call(node, "GET", "/config/versions/2/diff?to=3", "", Map.of()));
            assertThat(diff.at("/changes").size()).isEqualTo(1);
            assertThat(diff.at("/changes/0/path").asText()).isEqualTo("upstreams[u].auth.token");
            assertThat(diff.at("/changes/0/to").asText()).isEqualTo("${secret:upstreams/u/auth/token@2}");

            JsonNode activation = json(call(node, "GET", "/config/versions/3/activation?wait=30", "", Map.of()));
            assertThat(activation.at("/done").asBoolean()).isTrue();
            assertThat(activation.at("/active").size()).isEqualTo(1);

            Answer back = call(
                    node, "POST", "/config/rollback", "If-Match: \"v3\"\r\n", Map.of("version", 1, "comment", "no"));
            assertThat(back.status()).as(back.toString()).isEqualTo(201);
            assertThat(json(back).at("/comment").asText()).isEqualTo("Back to version 1: no");
            JsonNode page = json(call(node, "GET", "/config/versions?limit=3", "", Map.of()));
            assertThat(page.at("/versions/0/version").asLong()).isEqualTo(4);
            assertThat(page.at("/head/version").asLong()).isEqualTo(4);
            JsonNode rest = json(call(
                    node, "GET", "/config/versions?cursor=" + page.at("/next").asText(), "", Map.of()));
            assertThat(rest.at("/versions/0/version").asLong()).isEqualTo(1);
            assertThat(json(call(node, "GET", "/config/versions/4", "", Map.of()))
                            .at("/text")
                            .asText())
                    .contains("${secret:upstreams/u/auth/token@1}");
            assertThat(call(node, "GET", "/config/versions/99", "", Map.of()).status())
                    .isEqualTo(404);
            assertThat(json(call(node, "GET", "/nodes", "", Map.of()))
                            .at("/nodes/0/this")
                            .asBoolean())
                    .isTrue();
            JsonNode secrets = json(call(node, "GET", "/secrets", "", Map.of()));
            assertThat(secrets.at("/own_keys/0")).isEqualTo(secrets.at("/key"));
            assertThat(secrets.at("/secrets").size()).isEqualTo(2);
            assertThat(secrets.at("/secrets/0/name").asText()).isEqualTo("upstreams/u/auth/token@1");
            for (String path : List.of("/overview", "/forwards", "/groups", "/upstreams", "/keys", "/models")) {
                assertThat(call(node, "GET", path, "", Map.of()).status())
                        .as(path)
                        .isEqualTo(200);
            }

            JsonNode entries = json(call(node, "GET", "/audit", "", Map.of())).at("/entries");
            List<String> acts = new ArrayList<>();
            entries.forEach(entry -> acts.add(
                    0,
                    entry.at("/action").asText() + " " + entry.at("/outcome").asText() + " "
                            + entry.at("/version").asText()));
            assertThat(acts)
                    .containsExactly(
                            "config.commit precondition_required null",
                            "config.commit done 1",
                            "config.commit mask_sent_back null",
                            "config.commit invalid_config null",
                            "config.commit done 2",
                            "config.commit precondition_failed null",
                            "config.commit done 3",
                            "config.rollback done 4");
            JsonNode change = entries.get(3);
            assertThat(change.at("/actor").asText()).isEqualTo("operator");
            assertThat(change.at("/authentication").asText()).isEqualTo("operator_token");
            assertThat(change.at("/address").asText()).isEqualTo("127.0.0.1");
            assertThat(change.at("/request_id").asText()).startsWith("adm_");
            assertThat(change.at("/before").toString()).isEqualTo("{\"upstream_groups[g].upstreams[u].weight\":1}");
            assertThat(change.at("/after").toString()).isEqualTo("{\"upstream_groups[g].upstreams[u].weight\":2}");
            assertThat(entries.get(1).at("/after").toString())
                    .isEqualTo("{\"upstreams[u].auth.token\":\"${secret:upstreams/u/auth/token@2}\"}");
            JsonNode refusals =
                    json(call(node, "GET", "/audit?outcome=refused&limit=2&action=config.commit", "", Map.of()));
            assertThat(refusals.at("/entries").size()).isEqualTo(2);
            String next = refusals.at("/next").asText();
            assertThat(json(call(node, "GET", "/audit?outcome=refused&cursor=" + next, "", Map.of()))
                            .at("/entries")
                            .size())
                    .isEqualTo(2);
            assertThat(code(call(node, "GET", "/audit?actor=%00", "", Map.of())))
                    .isEqualTo("400 invalid_request");
            Awaitility.await()
                    .untilAsserted(() -> assertThat(node.process().log())
                            .contains(
                                    "llmproxy.audit {\"action\":\"config.commit\",\"object\":\"\",\"outcome\":\"done\"")
                            .doesNotContain(CANARY));
        }
    }

    /** What is shown can be edited and sent back: nothing but its secrets is hidden, and nothing but the change is changed. */
    @Test
    void aDocumentIsShownAsItWasWrittenAndTakenBack() throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.start("").awaitUp()) {
            String text = document(upstream, 1, ", headers: [{op: insert, key: x-a, value: 'Bearer ${HOME}'}]") + """
                    keys: [{name: k, key: "sha256:0000000000000000000000000000000000000000000000000000000000000000"}]
                    x-unused: &a {type: bearer, token: CANARY-anchor}   # for later
                    """;
            assertThat(commit(node, "\"v0\"", text, Map.of()).status()).isEqualTo(201);
            for (String path : List.of("/config", "/config/versions/1")) {
                String shown = call(node, "GET", path, "Accept: application/yaml\r\n", Map.of())
                        .text();
                assertThat(shown)
                        .isEqualTo(text.replace("CANARY-upstream", "\"${secret:upstreams/u/auth/token@1}\"")
                                .replace("CANARY-anchor", "\"${secret:x-unused/token@1}\""));
                Answer same = call(node, "POST", "/config?dry_run=true", "", Map.of("text", shown));
                assertThat(json(same).at("/diff/changes").isEmpty())
                        .as(same.toString())
                        .isTrue();
                Answer again = commit(node, "\"v1\"", shown.replace("weight: 1", "weight: 1 "), Map.of());
                assertThat(again.status()).as(again.toString()).isIn(201, 412);
            }
            String viewer = json(call(node, "POST", "/tokens", "", Map.of("name", "looks", "role", "viewer")))
                    .at("/token")
                    .asText();
            String seen = RawClient.exchange(
                            URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1/config"),
                            "GET",
                            "Connection: close\r\nAccept: application/yaml\r\nAuthorization: Bearer " + viewer + "\r\n",
                            new byte[0])
                    .text();
            assertThat(seen).contains("${secret:upstreams/u/auth/token@1}").doesNotContain("for later");
            String byDefault = text.replace("CANARY-upstream", "\"${NOWHERE_SET:-CANARY-default}\"");
            assertThat(commit(node, "\"v2\"", byDefault, Map.of()).status()).isEqualTo(201);
            Answer hidden = call(node, "GET", "/config", "Accept: application/yaml\r\n", Map.of());
            assertThat(hidden.text()).contains("${NOWHERE_SET:-***}");
            assertThat(code(commit(node, "\"v3\"", hidden.text(), Map.of()))).isEqualTo("400 mask_sent_back");
        }
    }

    @Test
    void thePlaygroundUsesAnIssuedKeyAndTellsWhyAForwardRefuses() throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{\"a\":1}"));
                StoreNode node = StoreNode.start("").awaitUp()) {
            assertThat(commit(node, "\"v0\"", document(upstream, 1, ""), Map.of())
                            .status())
                    .isEqualTo(201);
            node.awaitReady();
            JsonNode key = json(call(node, "POST", "/keys", "", Map.of("name", "app")));
            Awaitility.await().atMost(StoreNode.SOON).until(() -> node.ask().status() == 401);

            Map<String, Object> wanted = new HashMap<>(
                    Map.of("forward", "main", "path", "/v1/chat/completions", "body", Map.of("model", "m")));
            Answer refused = play(node, wanted);
            assertThat(refused.status()).as(refused.toString()).isEqualTo(401);
            assertThat(refused.text()).contains("\"error\"");
            for (String name : List.of("app", key.at("/key/id").asText())) {
                wanted.put("key", name);
                Answer answer = play(node, wanted);
                assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
                assertThat(answer.text()).isEqualTo("{\"a\":1}");
            }
            wanted.put("key", "nobody");
            assertThat(code(play(node, wanted))).isEqualTo("404 not_found");
            assertThat(upstream.requests())
                    .allSatisfy(request ->
                            assertThat(request.head().value("Authorization")).contains("Bearer CANARY-upstream"));
        }
    }

    /** What a forward answers is no answer of the API's own, so that its document says nothing of it. */
    private static Answer play(StoreNode node, Map<String, ?> wanted) throws IOException {
        return RawClient.exchange(
                URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1/playground"),
                "POST",
                BEARER + "Connection: close\r\nContent-Type: application/json\r\n",
                new JsonMapper().writeValueAsBytes(wanted));
    }

    @Test
    void whatTheStoreCannotKeepIsTheCallersMistake() throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.start("").awaitUp()) {
            String text = document(upstream, 1, "");
            assertThat(code(commit(node, "\"v0\"", text, Map.of("comment", "a\u0000b"))))
                    .isEqualTo("400 invalid_request");
            for (String path : List.of("/tokens", "/keys")) {
                Map<String, Object> late = new HashMap<>(Map.of("name", "a", "expires_at", "+300000-01-01T00:00:00Z"));
                if (path.equals("/tokens")) {
                    late.put("role", "viewer");
                }
                Answer answer = call(node, "POST", path, "", late);
                assertThat(answer.status()).as(path + answer).isEqualTo(400);
                assertThat(answer.text()).contains("expires_at").doesNotContain("store");
            }
            Map<String, Object> nothing = new HashMap<>();
            nothing.put("a", null);
            Answer explained =
                    call(node, "POST", "/explain", "", Map.of("forward", "main", "path", "/", "headers", nothing));
            assertThat(code(explained)).isEqualTo("400 invalid_request");

            assertThat(commit(node, "\"v0\"", text, Map.of("confirm_within", 600))
                            .status())
                    .isEqualTo(201);
            assertThat(commit(node, "\"v1\"", text + "# more\n", Map.of("confirm_within", 600))
                            .status())
                    .isEqualTo(201);
            // Case 20: who does not know whether the first attempt was stored makes a second one.
            String key = "If-Match: \"v2\"\r\nIdempotency-Key: once\r\n";
            for (int attempt = 0; attempt < 2; attempt++) {
                Answer repeated = call(node, "POST", "/config", key, Map.of("text", text + "# repeated\n"));
                assertThat(repeated.status()).as(repeated.toString()).isEqualTo(201);
                assertThat(json(repeated).at("/version").asLong()).isEqualTo(3);
            }
            assertThat(code(call(node, "POST", "/config", key, Map.of("text", text + "# other\n"))))
                    .isEqualTo("409 conflict");
            JsonNode head =
                    json(call(node, "GET", "/config/versions", "", Map.of())).at("/head");
            assertThat(head.at("/version").asLong()).isEqualTo(3);
            String back = "If-Match: \"v3\"\r\nIdempotency-Key: back\r\n";
            for (int attempt = 0; attempt < 2; attempt++) {
                Answer repeated =
                        call(node, "POST", "/config/rollback", back, Map.of("version", 1, "confirm_within", 600));
                assertThat(json(repeated).at("/version").asLong())
                        .as(repeated.toString())
                        .isEqualTo(4);
            }
            head = json(call(node, "GET", "/config/versions", "", Map.of())).at("/head");
            assertThat(head.at("/confirmed").asBoolean()).isFalse();
            assertThat(head.at("/fallback").asLong()).isEqualTo(3);
        }
    }

    /** Cases 2, 3, 4, 10, 54, 55. */
    @Test
    void whoChangesDifferentUpstreamsBothSucceed() throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.start("").awaitUp()) {
            String text = """
                    # why it is so
                    http_server: {forwards: [{name: main, address: 127.0.0.1, upstream_group: g}]}
                    x-auth: &auth {type: bearer, token: CANARY-shared}
                    upstreams:
                      # the good one
                      - name: u   # cheap
                        url: %1$s
                        auth: *auth
                        health_check: {interval: 50s, timeout: 3s}
                      - {name: v, url: "%1$s", auth: *auth}
                    upstream_groups: [{name: g, upstreams: [{name: u}, {name: v}]}]
                    """.formatted(upstream.url());
            Answer first = commit(node, "\"v0\"", text, Map.of());
            assertThat(first.status()).as(first.toString()).isEqualTo(201);
            node.awaitReady();
            String ofU = call(node, "GET", "/upstreams/u", "", Map.of()).header("ETag");
            String ofV = call(node, "GET", "/upstreams/v", "", Map.of()).header("ETag");

            Map<String, Object> slower = Map.of("health_check", Map.of("interval", "60s"));
            assertThat(code(call(node, "PATCH", "/upstreams/u", "", slower))).isEqualTo("428 precondition_required");
            Answer dry = call(node, "PATCH", "/upstreams/u?dry_run=true", match(ofU), slower);
            assertThat(json(dry).at("/diff/changes/0/path").asText()).isEqualTo("upstreams[u].health_check.interval");
            Answer one = call(node, "PATCH", "/upstreams/u", match(ofU), slower);
            assertThat(one.status()).as(one.toString()).isEqualTo(200);
            assertThat(json(one).at("/version").asLong()).isEqualTo(2);
            Answer other = call(node, "PATCH", "/upstreams/v", match(ofV), Map.of("weight", 3));
            assertThat(other.status()).as(other.toString()).isEqualTo(200);
            Answer late = call(node, "PATCH", "/upstreams/u", match(ofU), Map.of("weight", 9));
            assertThat(code(late)).isEqualTo("412 precondition_failed");
            assertThat(json(late).at("/current/health_check/interval").asText()).isEqualTo("60s");

            String next = one.header("ETag");
            Map<String, Object> gone = new HashMap<>();
            gone.put("health_check", null);
            gone.put("auth", Map.of("token", "CANARY-own"));
            Answer removed = call(node, "PATCH", "/upstreams/u", match(next), gone);
            assertThat(removed.status()).as(removed.toString()).isEqualTo(200);
            String stored = call(node, "GET", "/config", "Accept: application/yaml\r\n", Map.of())
                    .text();
            assertThat(stored)
                    .contains(
                            "# why it is so",
                            "# the good one",
                            "# cheap",
                            "weight: 3",
                            "${secret:upstreams/u/auth/token@")
                    .doesNotContain("interval");
            // The anchor of both is as it was: only one of them has a token of its own now.
            assertThat(json(call(node, "GET", "/upstreams/v", "", Map.of()))
                            .at("/config/auth/token")
                            .asText())
                    .isNotEqualTo(json(call(node, "GET", "/upstreams/u", "", Map.of()))
                            .at("/config/auth/token")
                            .asText());

            Map<String, Object> third = Map.of("url", upstream.url().toString());
            Answer made = call(node, "PUT", "/upstreams/w", "If-None-Match: *\r\n", third);
            assertThat(made.status()).as(made.toString()).isEqualTo(201);
            assertThat(made.header("Location")).endsWith("/upstreams/w");
            assertThat(code(call(node, "PUT", "/upstreams/w", "If-None-Match: *\r\n", third)))
                    .isEqualTo("412 precondition_failed");
            assertThat(code(call(node, "PUT", "/upstreams/w", match(made.header("ETag")), Map.of("url", "no url"))))
                    .isEqualTo("422 invalid_config");
            assertThat(code(call(node, "PATCH", "/upstreams/nosuch", match(ofU), Map.of("weight", 1))))
                    .isEqualTo("404 not_found");
            assertThat(code(call(node, "PATCH", "/upstreams/w", match(made.header("ETag")), Map.of("name", "x"))))
                    .isEqualTo("400 invalid_request");
            assertThat(call(node, "DELETE", "/upstreams/w", match(made.header("ETag")), Map.of())
                            .status())
                    .isEqualTo(200);
            assertThat(code(call(node, "DELETE", "/upstreams/v", match(ofV), Map.of())))
                    .isEqualTo("409 conflict");
            String ofMain = call(node, "GET", "/forwards/main", "", Map.of()).header("ETag");
            assertThat(call(node, "PATCH", "/forwards/main", match(ofMain), Map.of("timeout", Map.of("connect", "9s")))
                            .status())
                    .isEqualTo(200);
            String ofGroup = call(node, "GET", "/groups/g", "", Map.of()).header("ETag");
            assertThat(call(node, "PATCH", "/groups/g", match(ofGroup), Map.of("balance", Map.of("strategy", "random")))
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void aTagOfAPartChangesWithWhatIsNotShownOfIt() throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.start("").awaitUp()) {
            String text = """
                    http_server: {forwards: [{name: main, address: 127.0.0.1, upstream_group: g}]}
                    upstreams:
                      - {name: u, url: "%1$s", auth: {type: bearer, token: "${NOSUCH_TOKEN:-CANARY-first}"}}
                      - {name: v, url: "%1$s"}
                    upstream_groups: [{name: g, upstreams: [{name: u}, {name: v}]}]
                    """.formatted(upstream.url());
            assertThat(commit(node, "\"v0\"", text, Map.of()).status()).isEqualTo(201);
            node.awaitReady();
            String seen = call(node, "GET", "/upstreams/u", "", Map.of()).header("ETag");
            Map<String, Object> other = Map.of("auth", Map.of("token", "${NOSUCH_TOKEN:-CANARY-second}"));
            Answer changed = call(node, "PATCH", "/upstreams/u", match(seen), other);
            assertThat(changed.status()).as(changed.toString()).isEqualTo(200);
            assertThat(changed.header("ETag")).isNotEqualTo(seen);

            // Nothing that is shown has changed since.
            Answer late = call(node, "PATCH", "/upstreams/u", match(seen), Map.of("weight", 9));
            assertThat(code(late)).isEqualTo("412 precondition_failed");
            assertThat(json(late).at("/etag").asText()).isEqualTo(changed.header("ETag"));
            assertThat(late.text()).doesNotContain("CANARY");

            String ofV = call(node, "GET", "/upstreams/v", "", Map.of()).header("ETag");
            assertThat(call(node, "PATCH", "/upstreams/v", match(ofV), Map.of("weight", 2))
                            .status())
                    .isEqualTo(200);
            // Another version, but the same upstream.
            Answer again = call(node, "PATCH", "/upstreams/u", match(changed.header("ETag")), Map.of("weight", 9));
            assertThat(again.status()).as(again.toString()).isEqualTo(200);
        }
    }

    @Test
    void whatOtherPartsTakeOverIsChangedInTheDocumentOnly() throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.start("").awaitUp()) {
            String text = """
                    http_server: {forwards: [{name: main, address: 127.0.0.1, upstream_group: g}]}
                    upstreams:
                      - &u {name: u, url: "%s", health_check: {interval: 50s, timeout: 3s}}
                      - {<<: *u, name: v}
                    upstream_groups: [{name: g, upstreams: [{name: u}, {name: v}]}]
                    """.formatted(upstream.url());
            assertThat(commit(node, "\"v0\"", text, Map.of()).status()).isEqualTo(201);
            node.awaitReady();
            Map<String, Map<String, Object>> changes = Map.of(
                    "/upstreams/u", Map.of("enabled", false),
                    "/upstreams/v", Map.of("health_check", Map.of("timeout", "2s")));
            for (Map.Entry<String, Map<String, Object>> change : changes.entrySet()) {
                String tag = call(node, "GET", change.getKey(), "", Map.of()).header("ETag");
                Answer refused = call(node, "PATCH", change.getKey(), match(tag), change.getValue());
                assertThat(code(refused)).as(change + refused.toString()).isEqualTo("409 conflict");
            }
            String tag = call(node, "GET", "/upstreams/v", "", Map.of()).header("ETag");
            assertThat(call(node, "PATCH", "/upstreams/v", match(tag), Map.of("weight", 2))
                            .status())
                    .isEqualTo(200);
        }
    }

    private static String match(String tag) {
        return "If-Match: " + tag + "\r\n";
    }

    /** An editor changes what is served; not who operates the gateway, nor where the secrets go that it cannot see. */
    @Test
    void anEditorBecomesNoAdminAndSendsNoSecretElsewhere() throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                FakeUpstream thief = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.start("").awaitUp()) {
            String good = document(upstream, 1, "");
            assertThat(commit(node, "\"v0\"", good, Map.of()).status()).isEqualTo(201);
            String stored = json(call(node, "GET", "/config/versions/1", "", Map.of()))
                    .at("/text")
                    .asText();
            assertThat(stored).contains("${secret:upstreams/u/auth/token@1}");
            String editor = json(call(node, "POST", "/tokens", "", Map.of("name", "ed", "role", "editor")))
                    .at("/token")
                    .asText();

            String sso = "sso: {trusted_proxies: [0.0.0.0/0], secret: mine, admin_groups: ['*']}";
            for (String text : List.of(
                    stored.replace("http_server: {", "http_server: {admin: {token: mine}, "),
                    stored.replace("http_server: {", "http_server: {admin: {" + sso + "}, "),
                    stored + "log: {access_file: /tmp/x}\n",
                    stored + "ledger: {directory: /tmp/x}\n",
                    stored + "capture: {directory: /tmp/x}\n",
                    stored.replace(upstream.url().toString(), thief.url().toString()),
                    stored.replace("upstreams/u/auth/token@1", "http_server/admin/token@1"),
                    stored + "x-hidden: \"${HOME}\"\n")) {
                for (String path : List.of("/config", "/config?dry_run=true", "/config/check")) {
                    Answer answer = as(node, editor, path, "\"v1\"", Map.of("text", text));
                    assertThat(code(answer)).as(path + text + answer).isEqualTo("403 forbidden");
                    assertThat(json(answer).at("/problems/0/message").asText()).contains("role admin");
                }
            }
            // In the words of a replaced system a reference is none until it is stored in ours.
            String foreign = """
                    model_list:
                      - model_name: x
                        litellm_params: {model: openai/x, api_base: "%s/v1", api_key: os.environ/HOME}
                    """.formatted(thief.url());
            for (String path : List.of("/config", "/config/check")) {
                Answer answer = as(node, editor, path, "\"v1\"", Map.of("text", foreign));
                assertThat(code(answer)).as(path + answer).isEqualTo("403 forbidden");
            }
            String broken = stored + "log: [\n";
            assertThat(json(as(node, editor, "/config/check", "\"v1\"", Map.of("text", broken)))
                            .at("/valid")
                            .asBoolean(true))
                    .isFalse();
            String another = stored.replace("weight: 1", "weight: 5");
            assertThat(another).isNotEqualTo(stored);
            assertThat(as(node, editor, "/config", "\"v1\"", Map.of("text", another))
                            .status())
                    .isEqualTo(201);
            // With a secret of its own, an upstream may be anywhere.
            String moved = stored.replace(upstream.url().toString(), thief.url().toString())
                    .replace("${secret:upstreams/u/auth/token@1}", "CANARY-own");
            assertThat(as(node, editor, "/config", "\"v2\"", Map.of("text", moved))
                            .status())
                    .isEqualTo(201);

            String logging = stored + "log: {level: warn}\n";
            assertThat(commit(node, "\"v3\"", logging, Map.of()).status()).isEqualTo(201);
            Answer back = as(node, editor, "/config/rollback", "\"v4\"", Map.of("version", 2));
            assertThat(code(back)).isEqualTo("403 forbidden");
            assertThat(json(back).at("/problems/0/path").asText()).isEqualTo("log.level");
            assertThat(commit(node, "\"v4\"", moved.replace("CANARY-own", "CANARY-more"), Map.of())
                            .status())
                    .isEqualTo(201);
            assertThat(as(node, editor, "/config/rollback", "\"v5\"", Map.of("version", 2))
                            .status())
                    .isEqualTo(201);
        }
    }

    private static Answer as(StoreNode node, String token, String path, String base, Map<String, ?> body)
            throws IOException {
        return RawClient.exchange(
                URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1" + path),
                "POST",
                "Connection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer " + token
                        + "\r\nIf-Match: " + base + "\r\n",
                new JsonMapper().writeValueAsBytes(body));
    }

    @Test
    void aSecretIsSetUsedAndNeverShown() throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.start("").awaitUp()) {
            String document = document(upstream, 1, "").replace("CANARY-upstream", "\"${secret:vendor}\"");
            Answer missing = commit(node, "\"v0\"", document, Map.of());
            assertThat(code(missing)).isEqualTo("422 invalid_config");
            assertThat(json(missing).at("/problems/0/message").asText())
                    .startsWith("${secret:vendor}: no such secret (expected: ");
            assertThat(code(call(node, "PUT", "/secrets/vendor", "", Map.of("value", "***"))))
                    .isEqualTo("400 mask_sent_back");
            assertThat(code(call(node, "PUT", "/secrets/vendor", "", Map.of("other", "a"))))
                    .isEqualTo("400 invalid_request");
            assertThat(code(call(node, "PUT", "/secrets/a%20b", "", Map.of("value", "CANARY-1"))))
                    .isEqualTo("409 conflict");
            Answer set = call(node, "PUT", "/secrets/vendor", "", Map.of("value", "CANARY-1"));
            assertThat(set.status()).as(set.text()).isEqualTo(200);
            assertThat(json(set).at("/fingerprint").asText()).hasSize(8);
            assertThat(commit(node, "\"v0\"", document, Map.of()).status()).isEqualTo(201);
            node.awaitReady();
            node.ask();
            assertThat(credential(upstream)).isEqualTo("Bearer CANARY-1");

            assertThat(code(call(node, "PUT", "/secrets/vendor", "", Map.of("value", "CANARY\n2"))))
                    .isEqualTo("422 invalid_config");
            assertThat(call(node, "PUT", "/secrets/vendor", "", Map.of("value", "CANARY-2"))
                            .status())
                    .isEqualTo(200);
            Awaitility.await().untilAsserted(() -> {
                node.ask();
                assertThat(credential(upstream)).isEqualTo("Bearer CANARY-2");
            });
            assertThat(code(call(node, "DELETE", "/secrets/vendor", "", Map.of())))
                    .isEqualTo("409 conflict");
            assertThat(code(call(node, "DELETE", "/secrets/other", "", Map.of())))
                    .isEqualTo("404 not_found");
            JsonNode rotated = json(call(node, "POST", "/secrets/rotate?dry_run=true", "", Map.of()));
            assertThat(rotated.at("/secrets").asInt()).isEqualTo(1);
            assertThat(rotated.at("/changed").asBoolean()).isFalse();
            assertThat(json(call(node, "GET", "/secrets", "", Map.of()))
                            .at("/secrets/0/revision")
                            .asInt())
                    .isEqualTo(2);
            List<String> acts = new ArrayList<>();
            json(call(node, "GET", "/audit?action=secret.put&outcome=done", "", Map.of()))
                    .at("/entries")
                    .forEach(entry -> acts.add(entry.at("/object").asText()));
            assertThat(acts).containsExactly("vendor", "vendor");
            assertThat(node.process().log()).doesNotContain(CANARY);
        }
    }

    private static String credential(FakeUpstream upstream) {
        List<UpstreamRequest> asked = upstream.requests("/v1/chat/completions");
        return asked.get(asked.size() - 1).head().value("Authorization").orElseThrow();
    }

    @Test
    void aChangeThatNobodyConfirmsGoesBack() throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
                StoreNode node = StoreNode.start("").awaitUp()) {
            assertThat(commit(node, "\"v0\"", document(upstream, 1, ""), Map.of())
                            .status())
                    .isEqualTo(201);
            assertThat(code(commit(node, "\"v1\"", document(upstream, 2, ""), Map.of("confirm_within", 1))))
                    .isEqualTo("400 invalid_request");
            assertThat(commit(node, "\"v1\"", document(upstream, 2, ""), Map.of("confirm_within", 60))
                            .status())
                    .isEqualTo(201);
            Answer kept = call(node, "POST", "/config/versions/2/confirm", "", Map.of());
            assertThat(kept.status()).isEqualTo(200);
            assertThat(code(call(node, "POST", "/config/versions/1/confirm", "", Map.of())))
                    .isEqualTo("409 conflict");
            assertThat(commit(node, "\"v2\"", document(upstream, 3, ""), Map.of("confirm_within", 10))
                            .status())
                    .isEqualTo(201);
            Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                JsonNode newest = json(call(node, "GET", "/config/versions?limit=1", "", Map.of()))
                        .at("/versions/0");
                assertThat(newest.at("/origin").asText()).isEqualTo("auto-rollback");
                assertThat(newest.at("/version").asLong()).isEqualTo(4);
            });
        }
    }
}
