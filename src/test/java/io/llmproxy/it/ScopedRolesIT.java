package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.access.Digest;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.ApiDocument;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Browser;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.Keys;

/** A role may be bound to a scope: then it reaches the keys of the scope, and of those below it, and nothing else. */
class ScopedRolesIT {
    private static final String OPERATOR = "Authorization: Bearer operators-token\r\n";
    private static final String OURS = "Sec-Fetch-Site: same-origin\r\nX-LLMProxy-UI: 1\r\n";
    private static final String SSO = "X-LLMProxy-Proxy-Secret: secret-of-the-proxy\r\n";

    private static final String LONG = "l".repeat(201);

    private static FakeUpstream upstream;
    private static StoreNode node;
    private static String lead;
    private static String reader;

    @BeforeAll
    static void start() {
        upstream = FakeUpstream.start()
                .otherwise(
                        Behaviour.json(
                                "{\"model\":\"m\",\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"hi\"},"
                                        + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}}"));
        node = StoreNode.start(
                        "",
                        ", compat: [llmproxy, maywzh], sso: {trusted_proxies: [127.0.0.1], secret: secret-of-the-proxy, admin_groups: [platform],"
                                + " scoped_groups: [{group: ads-people, scope: ads, role: viewer},"
                                + " {group: search-people, scope: search}]}")
                .awaitUp();
        String config = """
                http_server:
                  forwards: [{name: main, address: 127.0.0.1, port: 0, upstream_group: g}]
                scopes:
                  - {name: org, kind: org}
                  - {name: search, parent: org, limits: [{metric: requests, per: day, amount: 1000}]}
                  - {name: ranking, kind: project, parent: search}
                  - {name: ads, parent: org}
                  - {name: %s}
                keys: [{name: config-search, key: sk-config-0123456789-search, scope: search},
                       {name: config-ads, key: sk-config-0123456789-ads, scope: ads}]
                upstreams: [{name: u, url: "%s"}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(LONG, upstream.url());
        Answer committed = call("POST", "/config", OPERATOR + "If-Match: \"v0\"\r\n", Map.of("text", config));
        assertThat(committed.status()).as(committed.toString()).isEqualTo(201);
        node.awaitVersion(1, StoreNode.SOON);
        lead = token("lead", "admin", "search");
        reader = token("reader", "viewer", "search");
    }

    @AfterAll
    static void stop() {
        node.close();
        upstream.close();
    }

    private static URI at(String path) {
        return URI.create("http://127.0.0.1:" + node.admin + "/admin/api/v1" + path);
    }

    private static Answer call(String method, String path, String headers, Map<String, ?> body) {
        try {
            Answer answer = RawClient.exchange(
                    at(path),
                    method,
                    "Connection: close\r\nContent-Type: application/json\r\n" + headers,
                    method.equals("GET") ? new byte[0] : new JsonMapper().writeValueAsBytes(body));
            assertThat(ApiDocument.shared().problems(method, path.split("\\?", 2)[0], answer))
                    .isEmpty();
            return answer;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
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

    private static String token(String name, String role, String scope) {
        Answer made = call("POST", "/tokens", OPERATOR, Map.of("name", name, "role", role, "scope", scope));
        assertThat(made.status()).as(made.toString()).isEqualTo(201);
        return "Authorization: Bearer " + json(made).at("/token").asText() + "\r\n";
    }

    private static JsonNode issued(String who, String name, String scope) {
        Answer answer = call("POST", "/keys", who, Map.of("name", name, "scope", scope));
        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        return json(answer);
    }

    private static String tag(JsonNode issued) {
        return "If-Match: " + issued.at("/key/etag").asText() + "\r\n";
    }

    private static List<String> names(Answer answer, String list) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        List<String> names = new ArrayList<>();
        json(answer).at(list).forEach(one -> names.add(one.at("/name").asText()));
        return names;
    }

    @Test
    void theTeamsAdminKeepsTheTeamsKeys() {
        JsonNode own = json(call("POST", "/keys", lead, Map.of("name", "own")));
        assertThat(own.at("/key/scope").asText()).isEqualTo("search");
        JsonNode below = issued(lead, "below", "ranking");
        JsonNode other = issued(OPERATOR, "of-ads", "ads");
        JsonNode loose = json(call("POST", "/keys", OPERATOR, Map.of("name", "loose")));

        assertThat(names(call("GET", "/keys", lead, Map.of()), "/keys"))
                .contains("config-search", "own", "below")
                .doesNotContain("config-ads", "of-ads", "loose");
        assertThat(names(call("GET", "/keys?q=o&limit=1", lead, Map.of()), "/keys"))
                .containsExactly("own");
        for (JsonNode beyond : List.of(other, loose)) {
            String path = "/keys/" + beyond.at("/key/id").asText();
            String digest = beyond.at("/secret").asText();
            assertThat(code(call("GET", path, lead, Map.of()))).isEqualTo("404 not_found");
            assertThat(code(call("GET", path + "/limits", lead, Map.of()))).isEqualTo("404 not_found");
            assertThat(code(call("PATCH", path, lead + tag(beyond), Map.of("enabled", false))))
                    .isEqualTo("404 not_found");
            assertThat(code(call("POST", path + "/rotate", lead + tag(beyond), Map.of())))
                    .isEqualTo("404 not_found");
            assertThat(code(call("DELETE", path, lead + tag(beyond), Map.of()))).isEqualTo("404 not_found");
            assertThat(names(call("GET", "/keys?digest=" + Digest.of(digest), lead, Map.of()), "/keys"))
                    .isEmpty();
        }
        for (String scope : List.of("ads", "org", "nowhere")) {
            Answer refused = call("POST", "/keys", lead, Map.of("name", "x", "scope", scope));
            assertThat(code(refused)).isEqualTo("403 forbidden");
            assertThat(refused.text()).doesNotContain("org, ").doesNotContain("ads)");
        }

        String path = "/keys/" + below.at("/key/id").asText();
        Map<String, String> away = new LinkedHashMap<>();
        away.put("scope", null);
        assertThat(code(call("PATCH", path, lead + tag(below), away))).isEqualTo("403 forbidden");
        assertThat(code(call("PATCH", path, lead + tag(below), Map.of("scope", "ads"))))
                .isEqualTo("403 forbidden");
        assertThat(code(call("PATCH", path, lead + tag(below), Map.of("name", "of-old"))))
                .isEqualTo("403 forbidden");
        assertThat(code(call("PATCH", path, reader + tag(below), Map.of("enabled", false))))
                .isEqualTo("403 forbidden");
        Answer moved = call("PATCH", path, lead + tag(below), Map.of("scope", "search", "enabled", false));
        assertThat(moved.status()).as(moved.toString()).isEqualTo(200);
        String next = "If-Match: " + moved.header("ETag") + "\r\n";
        Answer rotated = call("POST", path + "/rotate", lead + next, Map.of("grace_seconds", 60));
        assertThat(rotated.status()).as(rotated.toString()).isEqualTo(200);
        assertThat(call("DELETE", path, lead + "If-Match: " + rotated.header("ETag") + "\r\n", Map.of())
                        .status())
                .isEqualTo(204);

        String again = "Idempotency-Key: once\r\n";
        assertThat(call("POST", "/keys", lead + again, Map.of("name", "once")).status())
                .isEqualTo(201);
        assertThat(call("POST", "/keys", lead + again, Map.of("name", "once")).status())
                .isEqualTo(200);
        assertThat(names(call("GET", "/scopes", lead, Map.of()), "/scopes")).containsExactly("search", "ranking");
        assertThat(names(call("GET", "/scopes", OPERATOR, Map.of()), "/scopes")).hasSize(5);
    }

    @Test
    void whatTheTeamUsedIsToldAndNothingElse() {
        String mine = issued(OPERATOR, "used-search", "ranking").at("/secret").asText();
        String others = issued(OPERATOR, "used-ads", "ads").at("/secret").asText();
        for (String key : List.of(mine, others, "sk-config-0123456789-search", "sk-config-0123456789-ads")) {
            Awaitility.await()
                    .untilAsserted(() -> assertThat(RawClient.exchange(
                                            URI.create("http://127.0.0.1:" + node.port + "/v1/chat/completions"),
                                            "POST",
                                            "Connection: close\r\nAuthorization: Bearer " + key + "\r\n",
                                            "{\"model\":\"m\",\"messages\":[]}".getBytes(StandardCharsets.UTF_8))
                                    .status())
                            .isEqualTo(200));
        }
        Awaitility.await()
                .untilAsserted(() -> assertThat(names(call("GET", "/usage?by=key", OPERATOR, Map.of()), "/rows"))
                        .contains("used-search", "used-ads", "config-search", "config-ads"));
        for (String who : List.of(lead, reader)) {
            Answer usage = call("GET", "/usage?by=key", who, Map.of());
            assertThat(names(usage, "/rows")).containsExactly("config-search", "used-search");
            assertThat(json(usage).at("/total/attempts").asLong()).isEqualTo(2);
            assertThat(call("GET", "/usage.csv?by=key", who, Map.of()).text())
                    .contains("used-search")
                    .doesNotContain("ads");
        }
    }

    @Test
    void everyRouteSaysWhatSuchARoleMay() {
        ApiDocument document = ApiDocument.shared();
        Map<String, String> roles = new TreeMap<>(document.roles());
        roles.forEach((route, role) -> {
            String[] parts = route.split(" ", 2);
            if (role.equals("anyone") || document.scoped().contains(route)) {
                return;
            }
            String path = parts[1].replaceAll("\\{version}", "1").replaceAll("\\{[^}]*}", "x");
            Answer answer = RawClient.exchange(
                    at(path),
                    parts[0],
                    "Connection: close\r\nContent-Type: application/json\r\nIf-Match: \"v1\"\r\n" + lead,
                    parts[0].equals("GET") ? new byte[0] : new byte[] {'{', '}'});
            assertThat(answer.status()).as(route + ": " + answer).isEqualTo(403);
            assertThat(answer.text()).contains("bound to a scope");
        });
        Answer session = call("GET", "/session", lead, Map.of());
        assertThat(json(session).at("/scope").asText()).isEqualTo("search");
        assertThat(json(session).at("/writable").asBoolean()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /api/v1/upstreams, 403",
        "PATCH, /api/v1/upstream-groups/g, 403",
        "GET, /admin/v1/credentials, 403",
        "POST, /admin/v1/providers, 403",
        "GET, /admin/explain/x, 401",
        "POST, /admin/reload, 401"
    })
    void otherDoorsAreShut(String method, String path, int status) {
        Answer answer = RawClient.exchange(
                URI.create("http://127.0.0.1:" + node.admin + path),
                method,
                "Connection: close\r\nContent-Type: application/json\r\n" + lead,
                method.equals("GET") ? new byte[0] : new byte[] {'{', '}'});
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
    }

    @Test
    void aUserIsBoundUntilToldOtherwise() {
        Map<String, String> ann = Map.of("name", "ann", "password", "a long password", "role", "editor");
        Map<String, String> bound = new LinkedHashMap<>(ann);
        bound.put("scope", "nowhere");
        assertThat(code(call("POST", "/users", OPERATOR, bound))).isEqualTo("400 invalid_request");
        bound.put("scope", LONG);
        assertThat(call("POST", "/users", OPERATOR, bound).text()).contains("at most 200 characters");
        assertThat(call("POST", "/tokens", OPERATOR, Map.of("name", "t", "role", "viewer", "scope", LONG))
                        .text())
                .contains("at most 200 characters");
        bound.put("scope", "search");
        assertThat(json(call("POST", "/users", OPERATOR, bound)).at("/scope").asText())
                .isEqualTo("search");
        String cookie = signedIn();
        assertThat(json(call("GET", "/session", cookie, Map.of())).at("/scope").asText())
                .isEqualTo("search");
        assertThat(code(call("GET", "/config", cookie, Map.of()))).isEqualTo("403 forbidden");
        assertThat(json(call("PATCH", "/users/ann", OPERATOR, Map.of("scope", "")))
                        .at("/scope")
                        .isNull())
                .isTrue();
        assertThat(call("GET", "/session", cookie, Map.of()).status()).isEqualTo(401);
        String whole = signedIn();
        assertThat(call("GET", "/config", whole, Map.of()).status()).isEqualTo(200);
    }

    private static String signedIn() {
        Answer opened = call("POST", "/session", OURS, Map.of("name", "ann", "password", "a long password"));
        assertThat(opened.status()).as(opened.toString()).isEqualTo(200);
        return "Cookie: " + opened.header("Set-Cookie").split(";", 2)[0] + "\r\n";
    }

    @Test
    void aProxyBindsGroupsToScopes() {
        assertThat(sso("search-people").at("/role").asText()).isEqualTo("editor");
        assertThat(sso("search-people").at("/scope").asText()).isEqualTo("search");
        assertThat(sso("ads-people,search-people").at("/scope").asText()).isEqualTo("search");
        assertThat(sso("ads-people").at("/role").asText()).isEqualTo("viewer");
        assertThat(sso("ads-people,platform").at("/scope").isNull()).isTrue();
    }

    @Test
    void theConsoleShowsTheTeamsAdminTheTeamAlone() {
        try (Browser browser = Browser.start()) {
            URI console = URI.create("http://127.0.0.1:" + node.admin + "/admin/ui/");
            browser.size(1440, 900);
            browser.open(console);
            signIn(browser, "", "operators-token");
            browser.go("people");
            browser.press("New user…");
            browser.fill("dialog input[name=name]", "lee");
            browser.fill("dialog input[name=password]", "a long password");
            browser.choose("dialog select", "editor");
            browser.find("dialog select[name=scope]");
            browser.choose("dialog select[name=scope]", "search");
            browser.picture(Artefacts.report("console/people-new-user-1440-light.png"));
            browser.press("Create");
            browser.awaitText("lee can sign in.");
            browser.picture(Artefacts.report("console/people-scoped-1440-light.png"));
            browser.press("Sign out");

            signIn(browser, "lee", "a long password");
            browser.awaitText("lee · editor · search");
            browser.go("keys");
            browser.awaitText("config-search");
            assertThat(browser.text()).doesNotContain("config-ads", "Requests");
            assertThat(String.valueOf(browser.run(
                            "return [...document.querySelectorAll('nav a')].map(a => a.innerText.trim()).join()")))
                    .contains("Client keys", "Usage")
                    .doesNotContain("Overview", "Upstreams", "Configuration", "Audit", "Playground");
            browser.press("New key");
            browser.fill("dialog input[name=name]", "by-lee");
            browser.press("Issue the key");
            browser.press("Done");
            browser.awaitText("by-lee");
            browser.picture(Artefacts.report("console/keys-scoped-1440-light.png"));
            browser.go("scopes");
            browser.awaitText("ranking");
            browser.go("usage");
            browser.awaitText("Usage");
            browser.go("config");
            browser.awaitText("by-lee");
            assertThat(browser.complaints()).isEmpty();
        }
        assertThat(json(call("GET", "/keys?q=by-lee", OPERATOR, Map.of()))
                        .at("/keys/0/scope")
                        .asText())
                .isEqualTo("search");
    }

    private static void signIn(Browser browser, String name, String secret) {
        browser.find("input[name=token]");
        browser.fill("input[name=username]", name);
        browser.fill("input[name=token]", secret);
        browser.type(Keys.ENTER);
        browser.find("nav a[aria-current=page]");
    }

    private static JsonNode sso(String groups) {
        return json(call(
                "GET", "/session", SSO + "X-Forwarded-User: eve\r\nX-Forwarded-Groups: " + groups + "\r\n", Map.of()));
    }
}
