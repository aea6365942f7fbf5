package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.ApiDocument;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Users, tokens and sessions are those of all nodes of a store. */
class PeopleIT {
    private static final String OPERATOR = "Authorization: Bearer operators-token\r\n";
    private static final String OURS = "Sec-Fetch-Site: same-origin\r\nX-LLMProxy-UI: 1\r\n";
    private static final String PASSWORD = "CANARY a long password";
    private static final String WRONG = "CANARY not that password";

    private static PostgresServer postgres;
    private static StoreNode first;
    private static StoreNode second;

    @BeforeAll
    static void start() {
        postgres = PostgresServer.start();
        String url = "url: '" + postgres.database() + "', node: ";
        first = StoreNode.start(url + "first").awaitUp();
        second = StoreNode.start(url + "second").awaitUp();
    }

    @AfterAll
    static void stop() {
        // What was typed or shown once is in no log.
        assertThat(first.process().log() + second.process().log()).doesNotContain("CANARY", "llmproxy_");
        second.close();
        first.close();
        postgres.close();
    }

    private static Answer call(StoreNode node, String method, String path, String headers, Map<String, ?> body) {
        try {
            byte[] bytes = body.isEmpty() ? new byte[0] : new JsonMapper().writeValueAsBytes(body);
            Answer answer = RawClient.exchange(
                    URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1" + path),
                    method,
                    "Connection: close\r\nContent-Type: application/json\r\n" + headers,
                    bytes);
            assertThat(answer.text()).doesNotContain("CANARY");
            assertThat(ApiDocument.shared().problems(method, path.split("\\?", 2)[0], answer))
                    .isEmpty();
            return answer;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static int status(StoreNode node, String method, String path, String headers) {
        return RawClient.exchange(
                        URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1" + path),
                        method,
                        "Connection: close\r\nContent-Type: application/json\r\n" + headers,
                        method.equals("GET") ? new byte[0] : new byte[] {'{', '}'})
                .status();
    }

    private static JsonNode json(Answer answer) {
        try {
            return new JsonMapper().readTree(answer.text());
        } catch (IOException e) {
            throw new AssertionError(answer.toString(), e);
        }
    }

    private static String code(Answer answer) {
        return answer.status() + " " + json(answer).at("/code").asText();
    }

    private static void user(String name, String role) {
        assertThat(call(first, "POST", "/users", OPERATOR, Map.of("name", name, "password", PASSWORD, "role", role))
                        .status())
                .isEqualTo(201);
    }

    private static Answer signIn(StoreNode node, String name, String password, String headers) {
        return call(node, "POST", "/session", OURS + headers, Map.of("name", name, "password", password));
    }

    private static String cookie(Answer answer) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        String cookie = answer.header("Set-Cookie");
        return "Cookie: " + cookie.substring(0, cookie.indexOf(';')) + "\r\n";
    }

    private static String token(String name, String role) {
        Answer made = call(first, "POST", "/tokens", OPERATOR, Map.of("name", name, "role", role));
        assertThat(made.status()).as(made.toString()).isEqualTo(201);
        return json(made).at("/token").asText();
    }

    @Test
    void aSessionIsKnownToAllNodesUntilItsUserIsChanged() {
        user("Ann.One", "editor");
        String forged = "Cookie: llmproxy_session=chosen-by-another-page\r\n";
        Answer opened = signIn(first, "ann.one", PASSWORD, forged);
        String cookie = cookie(opened);
        assertThat(cookie).doesNotContain("chosen-by-another-page");
        assertThat(call(first, "GET", "/session", forged, Map.of()).status()).isEqualTo(401);
        assertThat(json(opened).at("/name").asText()).isEqualTo("ann.one");
        assertThat(json(opened).at("/authentication").asText()).isEqualTo("password");

        JsonNode there = json(call(second, "GET", "/session", cookie, Map.of()));
        assertThat(there.at("/role").asText()).isEqualTo("editor");
        assertThat(there.at("/writable").asBoolean()).isTrue();
        assertThat(code(call(second, "GET", "/users", cookie, Map.of()))).isEqualTo("403 forbidden");

        String other = cookie(signIn(first, "ann.one", PASSWORD, ""));
        assertThat(call(second, "GET", "/session", other, Map.of()).status()).isEqualTo(200);
        assertThat(call(first, "DELETE", "/session", cookie + OURS, Map.of()).status())
                .isEqualTo(204);
        assertThat(call(first, "GET", "/session", cookie, Map.of()).status()).isEqualTo(401);

        assertThat(call(second, "PATCH", "/users/ann.one", OPERATOR, Map.of("role", "viewer"))
                        .status())
                .isEqualTo(200);
        assertThat(call(second, "GET", "/session", other, Map.of()).status()).isEqualTo(401);

        String own = cookie(signIn(first, "ann.one", PASSWORD, ""));
        assertThat(code(call(
                        first,
                        "PUT",
                        "/session/password",
                        own + OURS,
                        Map.of("current", WRONG, "password", "CANARY another one"))))
                .isEqualTo("403 forbidden");
        assertThat(code(call(
                        first,
                        "PUT",
                        "/session/password",
                        own + OURS,
                        Map.of("current", PASSWORD, "password", "ann.one-CANARY"))))
                .isEqualTo("400 invalid_request");
        assertThat(call(
                                first,
                                "PUT",
                                "/session/password",
                                own + OURS,
                                Map.of("current", PASSWORD, "password", "CANARY another one"))
                        .status())
                .isEqualTo(204);
        assertThat(call(first, "GET", "/session", own, Map.of()).status()).isEqualTo(401);
        assertThat(code(signIn(first, "ann.one", PASSWORD, ""))).isEqualTo("401 unauthorized");
        assertThat(signIn(first, "ann.one", "CANARY another one", "").status()).isEqualTo(200);
        assertThat(call(first, "DELETE", "/users/ann.one", OPERATOR, Map.of()).status())
                .isEqualTo(204);
        assertThat(call(first, "DELETE", "/users/ann.one", OPERATOR, Map.of()).status())
                .isEqualTo(404);
    }

    @Test
    void aTokenIsShownOnceAndRevokedEverywhere() {
        Answer made = call(
                first,
                "POST",
                "/tokens",
                OPERATOR,
                Map.of("name", "ci", "role", "editor", "expires_at", "2099-01-01T00:00:00Z"));
        assertThat(made.status()).as(made.toString()).isEqualTo(201);
        assertThat(code(call(first, "POST", "/tokens", OPERATOR, Map.of("name", "ci", "role", "viewer"))))
                .isEqualTo("409 conflict");
        assertThat(code(call(
                        first,
                        "POST",
                        "/tokens",
                        OPERATOR,
                        Map.of("name", "old", "role", "viewer", "expires_at", "2020-01-01T00:00:00Z"))))
                .isEqualTo("400 invalid_request");
        String bearer = "Authorization: Bearer " + json(made).at("/token").asText() + "\r\n";
        JsonNode who = json(call(second, "GET", "/session", bearer, Map.of()));
        assertThat(who.at("/name").asText()).isEqualTo("token:ci");
        assertThat(who.at("/authentication").asText()).isEqualTo("api_token");

        JsonNode listed = json(call(second, "GET", "/tokens", OPERATOR, Map.of()));
        assertThat(listed.toString()).doesNotContain(json(made).at("/token").asText());
        String id = json(made).at("/id").asText();
        assertThat(call(second, "DELETE", "/tokens/" + id, OPERATOR, Map.of()).status())
                .isEqualTo(204);
        assertThat(code(call(second, "GET", "/session", bearer, Map.of()))).isEqualTo("401 unauthorized");
        assertThat(code(call(first, "GET", "/session", bearer, Map.of()))).isEqualTo("401 unauthorized");
        assertThat(code(call(second, "DELETE", "/tokens/" + id, OPERATOR, Map.of())))
                .isEqualTo("404 not_found");
        Answer audit = call(first, "GET", "/audit?action=token.create&object=ci&outcome=done", OPERATOR, Map.of());
        assertThat(json(audit).at("/entries/0/after/role").asText()).isEqualTo("editor");
    }

    @Test
    void aNameThatDoesNotExistIsAnsweredAsAWrongPasswordIs() {
        user("bob", "viewer");
        user("eve", "viewer");
        assertThat(call(first, "PATCH", "/users/eve", OPERATOR, Map.of("enabled", false))
                        .status())
                .isEqualTo(200);
        List<Answer> answers = new ArrayList<>();
        List<Long> times = new ArrayList<>();
        for (String name : List.of("bob", "nobody", "eve", "' or 1=1", "x".repeat(500))) {
            long begun = System.nanoTime();
            answers.add(signIn(second, name, name.equals("eve") ? PASSWORD : WRONG, ""));
            times.add(System.nanoTime() - begun);
        }
        assertThat(answers).allSatisfy(answer -> {
            assertThat(code(answer)).isEqualTo("401 unauthorized");
            assertThat(json(answer).at("/detail"))
                    .isEqualTo(json(answers.get(0)).at("/detail"));
        });
        // A hash is made for each: an answer without one would come within a few.
        assertThat(times).allMatch(time -> time > Duration.ofMillis(25).toNanos());

        Answer slowed = untilSlowed("bob");
        assertThat(Integer.parseInt(slowed.header("Retry-After"))).isBetween(1, 13);
        // Neither the address nor the name is locked out, and the other node has counted nothing.
        assertThat(signIn(first, "bob", PASSWORD, "").status()).isEqualTo(200);
        assertThat(call(second, "GET", "/users", OPERATOR, Map.of()).status()).isEqualTo(200);
        JsonNode entries = json(call(first, "GET", "/audit?action=session.open&outcome=refused", OPERATOR, Map.of()))
                .at("/entries");
        assertThat(entries.size()).isPositive();
        assertThat(entries.get(0).at("/actor").asText()).isEqualTo("unknown");
    }

    /** Attempts come back while one waits for the answers, so that there may be some more. */
    private static Answer untilSlowed(String name) {
        for (int i = 0; i < 50; i++) {
            Answer answer = signIn(second, name, WRONG, "");
            if (answer.status() == 429) {
                assertThat(code(answer)).isEqualTo("429 too_many_attempts");
                return answer;
            }
        }
        throw new AssertionError("nobody is slowed");
    }

    @Test
    void everyRouteIsOpenToItsRolesAlone() {
        Map<String, String> tokens = new LinkedHashMap<>();
        for (String role : List.of("viewer", "editor", "admin")) {
            tokens.put(role, "Authorization: Bearer " + token("matrix " + role, role) + "\r\n");
        }
        List<String> ranks = List.copyOf(tokens.keySet());
        ApiDocument.shared().roles().forEach((route, needed) -> {
            String[] parts = route.split(" ", 2);
            String path = parts[1].replaceAll("\\{version}", "1").replaceAll("\\{[^}]*}", "x");
            // One goes on for as long as it is listened to, the other needs no role.
            if (path.equals("/live") || needed.equals("anyone")) {
                return;
            }
            assertThat(status(first, parts[0], path, "")).as(route).isEqualTo(401);
            tokens.forEach((role, bearer) -> assertThat(status(second, parts[0], path, bearer) == 403)
                    .as(role + " " + route)
                    .isEqualTo(ranks.indexOf(role) < ranks.indexOf(needed)));
        });
    }
}
