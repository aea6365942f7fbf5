package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.ApiDocument;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Fault;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** People sign in at an identity provider. */
class OidcIT {
    private static final String OURS =
            "Connection: close\r\nSec-Fetch-Site: same-origin\r\nX-LLMProxy-UI: 1\r\nContent-Type: application/json\r\n";
    private static final String GROUPS = ", admin_groups: [platform], editor_groups: [llm], viewer_groups: [readers]";

    private static FakeProvider provider;
    private static FakeUpstream upstream;
    private static Deployment shared;

    @BeforeAll
    static void start() {
        provider = FakeProvider.start();
        upstream = FakeUpstream.start().otherwise(Behaviour.json("{\"fine\":true}"));
        shared = Deployment.start(Deployment.Kind.LAUNCHER, gateway(provider));
    }

    @AfterAll
    static void stop() {
        // Of client secret, code, tokens and cookies nothing is in the log.
        assertThat(shared.log()).doesNotContain("CANARY", "eyJ", "llmproxy_login=", "llmproxy_hint=");
        shared.close();
        upstream.close();
        provider.close();
    }

    @BeforeEach
    void provide() {
        provider.fault(Fault.NONE);
        provider.thinTokens(false);
        provider.skew(0);
        provider.person("ann", List.of("others", "llm"));
    }

    private static Gateway gateway(FakeProvider provider) {
        return new Gateway()
                .admin("token: operators-token, oidc: {name: Company, " + provider.settings() + GROUPS + "}")
                .single("main", upstream.url(), "", "", "");
    }

    /** What a browser does, with its cookies. */
    private static final class Visitor {
        private final Deployment deployment;
        private final String page;
        private final Map<String, String> cookies = new LinkedHashMap<>();

        Visitor(Deployment deployment) {
            this.deployment = deployment;
            this.page = deployment.admin("/admin/ui/").toString();
        }

        Answer call(String method, String path, Map<String, ?> body) {
            try {
                String cookie = cookies.entrySet().stream()
                        .map(one -> one.getKey() + '=' + one.getValue())
                        .collect(Collectors.joining("; "));
                Answer answer = RawClient.exchange(
                        deployment.admin("/admin/api/v1" + path),
                        method,
                        OURS + (cookie.isEmpty() ? "" : "Cookie: " + cookie + "\r\n"),
                        method.equals("POST") ? new JsonMapper().writeValueAsBytes(body) : new byte[0]);
                assertThat(ApiDocument.shared().problems(method, path.split("\\?", 2)[0], answer))
                        .isEmpty();
                answer.head().values("Set-Cookie").forEach(this::keep);
                return answer;
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        private void keep(String line) {
            assertThat(line).contains("; HttpOnly; SameSite=Strict").doesNotContain("Path", "Domain");
            String[] pair = line.split(";", 2)[0].split("=", 2);
            if (line.contains("Max-Age=0")) {
                cookies.remove(pair[0]);
            } else {
                cookies.put(pair[0], pair[1]);
            }
        }

        URI depart() {
            Answer answer = call("POST", "/sign-in", Map.of("page", page));
            assertThat(answer.status()).as(answer + deployment.log()).isEqualTo(200);
            return URI.create(json(answer).at("/location").asText());
        }

        /** Goes to the provider, and returns what it sends the browser back with. */
        Map<String, String> visit(URI location) {
            Answer sent = RawClient.exchange(location, "GET", "Connection: close\r\n", new byte[0]);
            assertThat(sent.status()).as(sent.toString()).isEqualTo(302);
            URI back = URI.create(sent.header("Location"));
            assertThat(back.toString()).startsWith(page + '?');
            Map<String, String> told = new LinkedHashMap<>(FakeProvider.form(back.getRawQuery()));
            told.put("page", page);
            return told;
        }

        Answer arrive(Map<String, String> back) {
            return call("POST", "/session", back);
        }

        Answer signIn() {
            return arrive(visit(depart()));
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

    private static void mainPath(Deployment deployment) {
        Visitor ann = new Visitor(deployment);
        assertThat(json(ann.call("GET", "/session/ways", Map.of()))
                        .at("/provider")
                        .asText())
                .isEqualTo("Company");
        Answer opened = ann.signIn();
        assertThat(opened.status()).as(opened + deployment.log()).isEqualTo(200);
        assertThat(json(opened).at("/name").asText()).isEqualTo("oidc:ann");
        assertThat(json(opened).at("/role").asText()).isEqualTo("editor");
        assertThat(json(opened).at("/authentication").asText()).isEqualTo("oidc");
        assertThat(ann.cookies).containsOnlyKeys("llmproxy_session", "llmproxy_hint");
        assertThat(ann.call("GET", "/overview", Map.of()).status()).isEqualTo(200);
        assertThat(ann.call("GET", "/audit", Map.of()).status()).isEqualTo(403);
        assertThat(ann.call("GET", "/config", Map.of()).text())
                .contains("client_secret")
                .doesNotContain("CANARY");

        String session = ann.cookies.get("llmproxy_session");
        String hint = ann.cookies.get("llmproxy_hint");
        Answer left = ann.call("DELETE", "/session?page=" + ann.page, Map.of());
        assertThat(left.status()).as(left + deployment.log()).isEqualTo(200);
        assertThat(ann.cookies).isEmpty();
        ann.cookies.put("llmproxy_session", session);
        assertThat(ann.call("GET", "/session", Map.of()).status()).isEqualTo(401);
        Answer gone = RawClient.exchange(
                URI.create(json(left).at("/location").asText()), "GET", "Connection: close\r\n", new byte[0]);
        assertThat(gone.header("Location")).isEqualTo(ann.page);
        assertThat(provider.left()).containsEntry("id_token_hint", hint).containsEntry("client_id", "llmproxy");
    }

    @Test
    void aPersonSignsInAndOut() {
        mainPath(shared);
    }

    /** Her name may change, or be another's the next day. */
    @Test
    void theAuditTellsWhoSheIsForGood() {
        provider.person(Map.of("sub", "248-289", "preferred_username", "renamed", "groups", "llm"));
        assertThat(new Visitor(shared).signIn().status()).isEqualTo(200);
        Awaitility.await()
                .until(() -> shared.log()
                        .lines()
                        .filter(line -> line.contains("session.open") && line.contains("oidc:renamed"))
                        .anyMatch(line -> line.replace("\\", "").contains("\"subject\":\"248-289\"")
                                && line.contains(provider.issuer())));
    }

    /** All may come from the address of one proxy. */
    @Test
    void aStrangerWhoBeginsManySignInsShutsNoPersonOut() {
        Visitor ann = new Visitor(shared);
        Map<String, String> back = ann.visit(ann.depart());
        Visitor eve = new Visitor(shared);
        for (int i = 0; i < 100; i++) {
            assertThat(eve.call("POST", "/sign-in", Map.of("page", eve.page)).status())
                    .isEqualTo(200);
        }
        assertThat(ann.arrive(back).status()).isEqualTo(200);
        assertThat(new Visitor(shared).signIn().status()).isEqualTo(200);
    }

    @Test
    void aSessionEndsWithTheIssuerThatItWasOpenedAt() {
        try (FakeProvider other = FakeProvider.start();
                Deployment deployment = Deployment.start(Deployment.Kind.LAUNCHER, gateway(provider))) {
            Visitor ann = new Visitor(deployment);
            assertThat(ann.signIn().status()).isEqualTo(200);
            Visitor operator = new Visitor(deployment);
            operator.call("POST", "/session", Map.of("token", "operators-token"));
            reload(deployment, gateway(provider).server("shutdown_timeout: 5s"));
            assertThat(ann.call("GET", "/session", Map.of()).status()).isEqualTo(200);

            reload(deployment, gateway(other));
            assertThat(ann.call("GET", "/session", Map.of()).status()).isEqualTo(401);
            assertThat(operator.call("GET", "/session", Map.of()).status()).isEqualTo(200);
        }
    }

    private static void reload(Deployment deployment, Gateway gateway) {
        deployment.reconfigure(gateway);
        Answer reloaded = RawClient.exchange(
                deployment.admin("/admin/reload"),
                "POST",
                "Connection: close\r\nAuthorization: Bearer operators-token\r\n",
                new byte[0]);
        assertThat(reloaded.status()).as(reloaded.toString()).isEqualTo(200);
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource({Deployment.Kind.TOMCAT, Deployment.Kind.JETTY})
    void aPersonSignsInToTheApplicationOfAContainer(Deployment.Kind kind) {
        try (Deployment deployment = Deployment.start(kind, gateway(provider), "/gw", List.of())) {
            mainPath(deployment);
            assertThat(deployment.log()).doesNotContain("CANARY", "eyJ");
        }
    }

    @Test
    void theGroupsGiveTheRole() {
        provider.person("bob", List.of("readers", "platform"));
        assertThat(json(new Visitor(shared).signIn()).at("/role").asText()).isEqualTo("admin");
        provider.person(Map.of("sub", "nameless", "groups", "readers"));
        JsonNode reader = json(new Visitor(shared).signIn());
        assertThat(reader.at("/role").asText()).isEqualTo("viewer");
        assertThat(reader.at("/name").asText()).isEqualTo("oidc:nameless");
        for (Object groups : List.of(List.of("others"), List.of("*"), "llm platform", List.of(1, true), Map.of())) {
            provider.person(Map.of("sub", "eve", "groups", groups));
            Visitor eve = new Visitor(shared);
            assertThat(code(eve.signIn())).as(groups.toString()).isEqualTo("403 forbidden");
            assertThat(eve.cookies).doesNotContainKey("llmproxy_session");
        }
    }

    @Test
    void whatATokenLeavesOutIsAskedFor() {
        provider.thinTokens(true);
        JsonNode ann = json(new Visitor(shared).signIn());
        assertThat(ann.at("/name").asText()).isEqualTo("oidc:ann");
        assertThat(ann.at("/role").asText()).isEqualTo("editor");
        provider.fault(Fault.OTHER_SUBJECT);
        assertThat(code(new Visitor(shared).signIn())).isEqualTo("502 provider_error");
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"NONE", "HANGS", "FAILS", "OTHER_SUBJECT", "REFUSES_PERSON"},
            mode = EnumSource.Mode.EXCLUDE)
    void whatCannotBeBelievedIsRefused(Fault fault) {
        provider.fault(fault);
        Visitor ann = new Visitor(shared);
        Answer answer = ann.signIn();
        assertThat(code(answer)).as(answer.toString()).isEqualTo("502 provider_error");
        assertThat(answer.text()).doesNotContain("CANARY", "eyJ");
        assertThat(ann.cookies).doesNotContainKey("llmproxy_session");
        provider.fault(Fault.NONE);
        assertThat(ann.signIn().status()).isEqualTo(200);
    }

    @Test
    void clocksMayDifferALittle() {
        provider.skew(45);
        assertThat(new Visitor(shared).signIn().status()).isEqualTo(200);
        provider.skew(-330);
        assertThat(new Visitor(shared).signIn().status()).isEqualTo(200);
        provider.skew(-420);
        assertThat(code(new Visitor(shared).signIn())).isEqualTo("502 provider_error");
    }

    @Test
    void whatWasBegunElsewhereIsNotEnded() {
        Visitor ann = new Visitor(shared);
        Map<String, String> back = ann.visit(ann.depart());
        Visitor eve = new Visitor(shared);
        // Eve sends Ann's browser, or her own, back with what was meant for another.
        assertThat(code(eve.arrive(back))).isEqualTo("403 stale_sign_in");
        eve.depart();
        assertThat(code(eve.arrive(back))).isEqualTo("403 stale_sign_in");
        Map<String, String> swapped = new LinkedHashMap<>(eve.visit(eve.depart()));
        swapped.put("code", back.get("code"));
        assertThat(code(eve.arrive(swapped))).isEqualTo("403 stale_sign_in");
        // Ann's code was used by another, and cannot be used again.
        assertThat(code(ann.arrive(back))).isEqualTo("403 stale_sign_in");

        Map<String, String> again = ann.visit(ann.depart());
        Map<String, String> kept = new LinkedHashMap<>(ann.cookies);
        assertThat(ann.arrive(again).status()).isEqualTo(200);
        // Neither is the whole answer good twice, nor with the cookie that the browser has thrown away.
        assertThat(code(ann.arrive(again))).isEqualTo("403 stale_sign_in");
        ann.cookies.putAll(kept);
        assertThat(code(ann.arrive(again))).isEqualTo("403 stale_sign_in");
    }

    @Test
    void onlyTheConsoleOfThisOriginIsComeBackTo() {
        Visitor ann = new Visitor(shared);
        for (String page : List.of(
                "https://elsewhere.test/",
                "javascript:alert(1)//admin/ui/",
                "//elsewhere.test/admin/ui/",
                "https://elsewhere.test/admin/ui/?x=1",
                "https://elsewhere.test/admin/ui/#x",
                "https://user@elsewhere.test/admin/ui/",
                "no page")) {
            assertThat(code(ann.call("POST", "/sign-in", Map.of("page", page))))
                    .as(page)
                    .isEqualTo("400 invalid_request");
        }
        String elsewhere = "{\"page\":\"https://elsewhere.test/admin/ui/\"}";
        for (String headers : List.of(
                OURS + "Origin: http://127.0.0.1\r\n",
                OURS.replace("same-origin", "cross-site"),
                "Connection: close\r\nContent-Type: application/json\r\nOrigin: https://elsewhere.test\r\n")) {
            Answer answer = RawClient.exchange(
                    shared.admin("/admin/api/v1/sign-in"), "POST", headers, elsewhere.getBytes(StandardCharsets.UTF_8));
            assertThat(answer.status()).as(headers).isIn(400, 403);
        }
        assertThat(ann.cookies).isEmpty();
    }

    @Test
    void aSessionThatSomebodyElseHasChosenIsNotTakenOver() {
        Visitor ann = new Visitor(shared);
        ann.cookies.put("llmproxy_session", "chosen-by-another-page");
        assertThat(ann.signIn().status()).isEqualTo(200);
        assertThat(ann.cookies.get("llmproxy_session")).isNotEqualTo("chosen-by-another-page");
    }

    @Test
    void anotherKeyOfTheProviderIsFound() {
        assertThat(new Visitor(shared).signIn().status()).isEqualTo(200);
        provider.rotate();
        assertThat(new Visitor(shared).signIn().status()).isEqualTo(200);
    }

    @Test
    void whileTheProviderHangsNothingElseDoes() {
        record Back(Visitor visitor, Map<String, String> told) {}
        List<Back> backs = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Visitor visitor = new Visitor(shared);
            backs.add(new Back(visitor, visitor.visit(visitor.depart())));
        }
        provider.fault(Fault.HANGS);
        ExecutorService threads = Executors.newFixedThreadPool(backs.size());
        try {
            List<CompletableFuture<String>> held = backs.stream()
                    .map(back -> CompletableFuture.supplyAsync(
                            () -> code(back.visitor().arrive(back.told())), threads))
                    .toList();
            Awaitility.await().until(() -> held.stream().anyMatch(CompletableFuture::isDone));
            Visitor other = new Visitor(shared);
            assertThat(other.call("POST", "/sign-in", Map.of("page", other.page))
                            .status())
                    .isEqualTo(200);
            assertThat(new Visitor(shared)
                            .call("POST", "/session", Map.of("token", "operators-token"))
                            .status())
                    .isEqualTo(200);
            assertThat(RawClient.exchange(shared.forward("main", "/v1/models"), "GET", "", new byte[0])
                            .status())
                    .isEqualTo(200);
            assertThat(held.stream().map(CompletableFuture::join))
                    .containsOnly("503 busy", "503 provider_unavailable")
                    .filteredOn("503 busy"::equals)
                    .hasSize(2);
        } finally {
            threads.shutdownNow();
        }
        assertThat(shared.log()).contains("no answer in time");
        provider.fault(Fault.NONE);
        assertThat(new Visitor(shared).signIn().status()).isEqualTo(200);
    }

    @Test
    void withoutTheProviderOthersSignInAndRequestsAreServed() {
        FakeProvider away = FakeProvider.start();
        int port = away.port();
        try (Deployment deployment = Deployment.start(Deployment.Kind.LAUNCHER, gateway(away))) {
            away.close();
            Visitor ann = new Visitor(deployment);
            Answer answer = ann.call("POST", "/sign-in", Map.of("page", ann.page));
            assertThat(code(answer)).isEqualTo("503 provider_unavailable");
            assertThat(answer.header("Retry-After")).isEqualTo("5");
            assertThat(answer.text()).contains("cannot be asked");
            assertThat(ann.call("POST", "/session", Map.of("token", "operators-token"))
                            .status())
                    .isEqualTo(200);
            assertThat(RawClient.exchange(deployment.forward("main", "/v1/models"), "GET", "", new byte[0])
                            .status())
                    .isEqualTo(200);
            try (FakeProvider back = FakeProvider.start(port)) {
                back.person("ann", List.of("llm"));
                Awaitility.await()
                        .until(() -> ann.call("POST", "/sign-in", Map.of("page", ann.page))
                                        .status()
                                == 200);
                assertThat(ann.signIn().status()).isEqualTo(200);
                // Who came from a provider has left with it.
                reload(
                        deployment,
                        new Gateway().admin("token: operators-token").single("main", upstream.url(), "", "", ""));
                assertThat(ann.call("GET", "/session", Map.of()).status()).isEqualTo(401);
                assertThat(code(ann.call("POST", "/sign-in", Map.of("page", ann.page))))
                        .isEqualTo("409 conflict");
            }
        }
    }
}
