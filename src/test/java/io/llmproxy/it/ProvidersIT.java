package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.Head;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.ServiceAccount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;

/** What upstreams of each provider get to see, and what they are not asked. */
class ProvidersIT {
    private static final byte[] QUESTION = "{\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8);
    private static final byte[] NOTHING = {};
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";
    private static final String GENERATE = "/v1beta/models/g:generateContent";
    private static final String RAW_PREDICT = "/v1/projects/p/locations/l/publishers/anthropic/models/c:rawPredict";
    private static final String CLIENTS = String.join(
            "\r\n",
            "Authorization: Bearer client-secret",
            "x-api-key: client-secret",
            "x-goog-api-key: client-secret",
            "api-key: client-secret",
            "");
    private static final Behaviour TOKEN =
            Behaviour.json("{\"access_token\":\"google-token\",\"expires_in\":3600,\"token_type\":\"Bearer\"}");
    private static final Map<Kind, Site> SITES = new EnumMap<>(Kind.class);

    private static final class Site {
        final FakeUpstream fake = FakeUpstream.start().otherwise(Behaviour.json("{\"fine\":true}"));
        final FakeUpstream tokens = FakeUpstream.start()
                .on("/fine", Behaviour.delayed(Duration.ofMillis(300), TOKEN))
                .on("/broken", Behaviour.status(400, "", "{\"error\":\"invalid_grant\"}"))
                .on("/silent", Behaviour.hangs());
        final Deployment deployment;

        Site(Kind kind) {
            Path directory = Artefacts.workDirectory("accounts");
            Gateway gateway = new Gateway()
                    .single(
                            "openai",
                            fake.url(),
                            "provider: openai, auth: {type: api_key, api_key: our-key}",
                            "convert: never",
                            "")
                    .single(
                            "anthropic",
                            fake.url(),
                            "provider: anthropic, auth: {type: api_key, token: our-key}",
                            "convert: never",
                            "")
                    .single("gemini", fake.url(), "provider: gemini, auth: {type: api_key, token: our-key}", "", "")
                    .single(
                            "azure",
                            fake.url() + "/openai",
                            "provider: azure_openai, api_version: 2024-10-21, auth: {type: api_key, token: our-key}",
                            "",
                            "")
                    .single("ollama", fake.url(), "provider: ollama, auth: {type: api_key, token: our-key}", "", "")
                    .single("custom", fake.url(), "auth: {type: api_key, header: X-Token, token: our-key}", "", "")
                    .single(
                            "probed",
                            fake.url() + "/probed",
                            "provider: anthropic, auth: {type: api_key, token: our-key}, health_check: {interval: 1}",
                            "",
                            "")
                    .group("all", "{name: openai}, {name: anthropic}, {name: gemini}", "")
                    .forward("all", "all", "");
            for (String name : new String[] {"fine", "broken", "silent"}) {
                Path file = directory.resolve(kind + "-" + name + ".json");
                write(file, ServiceAccount.json(tokens.url() + "/" + name));
                gateway.single(
                        "vertex-" + name,
                        fake.url(),
                        "provider: vertex, auth: {type: google, service_account_file: \"%s\"}".formatted(file),
                        "http_client: {timeout: {connect: 1}}",
                        "");
            }
            gateway.group(
                            "vertex-either",
                            "{name: vertex-broken}, {name: vertex-fine}",
                            "balance: {strategy: failover}")
                    .forward("vertex-either", "vertex-either", "");
            deployment = Deployment.start(kind, gateway, "-Xmx128m");
        }

        private static void write(Path file, String text) {
            try {
                Files.writeString(file, text);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Answer ask(String forward, String path) {
            return RawClient.exchange(deployment.forward(forward, path), "POST", CLIENTS, QUESTION);
        }

        /** Asks and returns what the upstream got. */
        Head seen(String forward, String path) {
            fake.reset();
            Answer answer = ask(forward, path);
            assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
            Head head = fake.requests().stream()
                    .filter(request -> !request.head().path().startsWith("/probed"))
                    .findFirst()
                    .orElseThrow()
                    .head();
            assertThat(head.toString()).doesNotContain("client-secret");
            return head;
        }
    }

    private static Site site(Kind kind) {
        return SITES.computeIfAbsent(kind, Site::new);
    }

    @AfterAll
    static void tellNoSecret() {
        try {
            SITES.values()
                    .forEach(site -> assertThat(site.deployment.log())
                            .doesNotContain("our-key")
                            .doesNotContain("client-secret")
                            .doesNotContain("google-token")
                            .doesNotContain("PRIVATE KEY"));
        } finally {
            SITES.values().forEach(site -> site.deployment.close());
            SITES.clear();
        }
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void theKeyTravelsAsTheProviderWantsIt(Kind kind) {
        Site site = site(kind);

        assertThat(site.seen("openai", CHAT).values("Authorization")).containsExactly("Bearer our-key");
        Head messages = site.seen("anthropic", MESSAGES);
        assertThat(messages.values("x-api-key")).containsExactly("our-key");
        assertThat(messages.values("anthropic-version")).containsExactly("2023-06-01");
        assertThat(messages.has("Authorization")).isFalse();
        Head generate = site.seen("gemini", GENERATE + "?key=client-secret&alt=sse");
        assertThat(generate.values("x-goog-api-key")).containsExactly("our-key");
        assertThat(generate.target()).isEqualTo(GENERATE + "?alt=sse");
        Head custom = site.seen("custom", "/anything");
        assertThat(custom.values("X-Token")).containsExactly("our-key");
        assertThat(custom.has("Authorization")).isFalse();
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void versionsAreAddedWhereTheClientGaveNone(Kind kind) {
        Site site = site(kind);
        String deployment = "/openai/deployments/d/chat/completions";

        Head azure = site.seen("azure", deployment);
        assertThat(azure.target()).isEqualTo(deployment + "?api-version=2024-10-21");
        assertThat(azure.values("api-key")).containsExactly("our-key");
        assertThat(site.seen("azure", deployment + "?api-version=2025-01-01&x=y")
                        .target())
                .isEqualTo(deployment + "?api-version=2025-01-01&x=y");

        site.fake.reset();
        RawClient.exchange(
                site.deployment.forward("anthropic", MESSAGES), "POST", "anthropic-version: 2099-01-01\r\n", QUESTION);
        assertThat(site.fake.awaitRequest(MESSAGES).head().values("anthropic-version"))
                .containsExactly("2099-01-01");
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void eachPathGoesToAProviderThatServesIt(Kind kind) {
        Site site = site(kind);

        for (int i = 0; i < 6; i++) {
            assertThat(site.seen("all", CHAT).has("Authorization")).isTrue();
            assertThat(site.seen("all", MESSAGES).has("x-api-key")).isTrue();
            assertThat(site.seen("all", GENERATE).has("x-goog-api-key")).isTrue();
        }
        assertThat(site.seen("ollama", "/api/chat").target()).isEqualTo("/api/chat");
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void whatNoUpstreamServesIsRefusedInTheClientsWords(Kind kind) {
        Site site = site(kind);
        site.fake.reset();

        Answer chat = site.ask("anthropic", CHAT);
        Answer messages = site.ask("openai", MESSAGES);
        Answer generate = site.ask("openai", GENERATE);

        assertThat(chat.text()).contains("\"code\":\"unsupported_path\"");
        assertThat(messages.text()).contains("\"type\":\"not_found_error\"");
        assertThat(generate.text()).contains("\"status\":\"NOT_FOUND\"");
        for (Answer answer : new Answer[] {chat, messages, generate}) {
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("unsupported_path");
        }
        assertThat(site.fake.requests())
                .noneMatch(request -> !request.head().path().startsWith("/probed"));
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void aHealthCheckAsksForTheModelsOfTheProvider(Kind kind) {
        Head probe = site(kind).fake.awaitRequest("/probed/v1/models").head();

        assertThat(probe.method()).isEqualTo("GET");
        assertThat(probe.values("x-api-key")).containsExactly("our-key");
        assertThat(probe.values("anthropic-version")).containsExactly("2023-06-01");
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void tokensOfAServiceAccountAreFetchedOnceAndShown(Kind kind) {
        Site site = site(kind);

        IntStream.range(0, 8)
                .parallel()
                .forEach(i -> assertThat(site.ask("vertex-fine", RAW_PREDICT).status())
                        .isEqualTo(200));

        Head head = site.seen("vertex-fine", RAW_PREDICT);
        assertThat(head.values("Authorization")).containsExactly("Bearer google-token");
        assertThat(head.has("x-goog-api-key")).isFalse();
        assertThat(site.tokens.requests("/fine")).hasSize(1);
        assertThat(new String(site.tokens.requests("/fine").get(0).body(), StandardCharsets.UTF_8))
                .contains("grant_type=urn")
                .contains("assertion=");
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void withoutATokenTheUpstreamIsNotAsked(Kind kind) {
        Site site = site(kind);
        site.fake.reset();

        for (String forward : new String[] {"vertex-broken", "vertex-silent"}) {
            Answer answer = site.ask(forward, RAW_PREDICT);
            assertThat(answer.status()).as(answer.toString()).isEqualTo(502);
            assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("upstream_auth_error");
            assertThat(answer.text()).doesNotContain("invalid_grant");
        }
        assertThat(site.fake.requests(RAW_PREDICT)).isEmpty();

        int asked = site.tokens.requests("/broken").size();
        assertThat(site.seen("vertex-either", RAW_PREDICT).values("Authorization"))
                .containsExactly("Bearer google-token");
        assertThat(site.tokens.requests("/broken")).as("it is set aside").hasSize(asked);
        Awaitility.await()
                .untilAsserted(() -> assertThat(site.deployment
                                .metrics()
                                .sum("llmproxy_upstream_key_failures_total", "reason=\"no_token\""))
                        .isGreaterThanOrEqualTo(2));
    }

    @ParameterizedTest
    @KindSource({Kind.LAUNCHER, Kind.TOMCAT})
    void aClientThatLeavesWhileATokenIsFetchedLeavesNothingBehind(Kind kind) {
        Site site = site(kind);
        try (RawClient client = RawClient.connect(site.deployment.forward("vertex-silent"))) {
            client.send("POST", RawClient.target(site.deployment.forward("vertex-silent", RAW_PREDICT)), "", NOTHING);
        }

        assertThat(site.ask("vertex-silent", RAW_PREDICT).status()).isEqualTo(502);
    }
}
