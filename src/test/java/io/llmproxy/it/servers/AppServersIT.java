package io.llmproxy.it.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.AppServer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What has to hold on each app server. One start for all of it, as a start is what takes time. */
@Tag("servers")
class AppServersIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String EVENT =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%d\"},\"finish_reason\":null}]}\n\n";

    private static final String DONE = "data: [DONE]\n\n";
    private static final String LISTENER = "io.llmproxy.boot.ProxyContextListener";
    private static final Duration SELDOM = Duration.ofMillis(100);
    private static final int REDEPLOYMENTS = Integer.getInteger("llmproxy.redeployments", 2);

    private final FakeUpstream upstream = FakeUpstream.start();

    @AfterEach
    void stop() {
        upstream.close();
    }

    private Gateway gateway(AppServer server, String key) {
        return new Gateway()
                .log("to: container")
                .admin("token: operators-token")
                .top("keys: [{name: team, key: " + key + "}]")
                .single(
                        "llm",
                        upstream.url(),
                        "auth: {type: bearer, token: '" + server.upstreamKey() + "'}",
                        "",
                        "replay_buffer: 1KiB");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = "TOO_OLD_.*")
    void aContainerThatIsTooOldIsRefusedInOneLine(AppServer server) {
        assertThatThrownBy(() -> Deployment.start(server, gateway(server, "sk-first")))
                .hasMessageContainingAll(
                        "LLMProxy cannot run here: Apache Tomcat/", "(expected: jakarta.servlet 6.0 or newer")
                .hasMessageNotContaining("NoClassDefFound");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_NONE, names = "TOO_OLD_.*")
    void theWarIsAtHome(AppServer server) {
        try (Deployment deployment = Deployment.start(server, gateway(server, "sk-first"))) {
            Awaitility.await().untilAsserted(() -> startsWithoutAWarning(server.log(deployment)));
            answersPlainly(deployment);
            endsExchangesOnTheThreadOfTheirConnection(server, deployment);
            readsABodyThatComesInPieces(deployment);
            answersBeforeABodyHasCome(deployment);
            streamsInLockStep(deployment, server.writesWholeChunks());
            tellsThatAnAnswerWasCut(deployment, server.breaksOff());
            noticesThatAClientLeaves(deployment);
            refusesWithoutAKey(deployment);
            saysThatItServesNoWebSocket(server, deployment);
            loadsItsConfigurationAgain(server, deployment);
            isReplacedAgainAndAgain(server, deployment);
            assertThat(deployment.log() + server.log(deployment)).doesNotContain("sk-upstream");
            assertThat(deployment.log()).doesNotContain(" ERROR i.l", "[stderr]", "ClassNotFound", "NoClassDefFound");
            Awaitility.await()
                    .untilAsserted(() -> assertThat(server.log(deployment))
                            .containsPattern("io\\.llmproxy\\.access\\W[^\\n]*\\s.*forward=llm"));
        }
    }

    /** In the forms of all of them: the level comes before or after the logger's name, as a word or as a letter. */
    private static void startsWithoutAWarning(String log) {
        assertThat(log)
                .containsPattern("io\\.llmproxy[^\\n]*\\s.*LLMProxy \\S+ serves 1 forwards")
                .doesNotContainPattern("(WARN|ERROR|SEVERE)\\w* +\\[io\\.llmproxy")
                .doesNotContainPattern("io\\.llmproxy\\S*\\s+((WARNING|SEVERE):|[WE] )")
                // Nor one of the server's about a class of ours.
                .doesNotContainPattern("(WARN|ERROR|WARNING|SEVERE)\\b[^\\n]*io\\.llmproxy\\.");
    }

    private void answersPlainly(Deployment deployment) {
        upstream.on(CHAT, Behaviour.json("{\"fine\":true}"));
        for (int i = 0; i < 20; i++) {
            Answer answer = ask(deployment, "sk-first");
            assertThat(answer.status()).as(deployment.log()).isEqualTo(200);
            assertThat(answer.text()).isEqualTo("{\"fine\":true}");
        }
        assertThat(upstream.requests(CHAT)).allSatisfy(request -> {
            assertThat(request.head().values("Authorization")).containsExactly("Bearer sk-upstream");
            assertThat(new String(request.body(), StandardCharsets.UTF_8)).isEqualTo("{\"stream\":false}");
        });
        assertThat(deployment.metricsAtRest().sum("llmproxy_http_requests_total", "forward=\"llm\""))
                .isEqualTo(20);
    }

    /** In Undertow any other thread makes this one spin. */
    private static void endsExchangesOnTheThreadOfTheirConnection(AppServer server, Deployment deployment) {
        if (server.name().startsWith("WILDFLY")) {
            String found = "io.llmproxy.proxy.request.UndertowThread$Current";
            assertThat(deployment.process().tell("VM.class_hierarchy", found)).contains(found);
        }
    }

    private void readsABodyThatComesInPieces(Deployment deployment) {
        upstream.on(CHAT, Behaviour.echo());
        String body = "{\"input\":\"" + "x".repeat(100_000) + "\"}";
        URI uri = deployment.forward("llm", CHAT);
        try (RawClient client = RawClient.connect(uri)) {
            client.send("POST " + RawClient.target(uri) + " HTTP/1.1\r\nHost: client.test\r\n"
                    + "Authorization: Bearer sk-first\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int from = 0; from < body.length(); from += 7000) {
                client.sendChunk(body.substring(from, Math.min(body.length(), from + 7000))
                        .getBytes(StandardCharsets.US_ASCII));
            }
            assertThat(client.send("0\r\n\r\n").answer().text()).isEqualTo(body);
        }
    }

    /** The server must not wait for the rest with a thread that others need. */
    private void answersBeforeABodyHasCome(Deployment deployment) {
        upstream.on(CHAT, Behaviour.answersEarly(413, "{\"early\":true}"));
        URI uri = deployment.forward("llm", CHAT);
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            RawClient client = RawClient.connect(uri);
            clients.add(client);
            client.send("POST " + RawClient.target(uri) + " HTTP/1.1\r\nHost: client.test\r\n"
                            + "Authorization: Bearer sk-first\r\nTransfer-Encoding: chunked\r\n\r\n")
                    .sendChunk(new byte[64 << 10]);
            assertThat(client.answer().status()).isEqualTo(413);
        }
        upstream.on(CHAT, Behaviour.json("{}"));
        for (int i = 0; i < 16; i++) {
            assertThat(ask(deployment, "sk-first").status()).isEqualTo(200);
        }
        clients.forEach(RawClient::close);
    }

    private void streamsInLockStep(Deployment deployment, boolean wholeChunks) {
        LockStep steps = new LockStep();
        List<String> events = IntStream.range(0, 10).mapToObj(EVENT::formatted).toList();
        upstream.on(CHAT, Behaviour.lockStep(steps, events));
        try (RawClient client = open(deployment)) {
            for (String event : events) {
                assertThat(wholeChunks ? chunks(client, event.length()) : lines(client))
                        .isEqualTo(event);
                steps.next();
            }
        }
    }

    private static String chunks(RawClient client, int length) {
        StringBuilder read = new StringBuilder();
        while (read.length() < length) {
            read.append(client.chunk());
        }
        return read.toString();
    }

    private static String lines(RawClient client) {
        return "data: " + client.event().data() + "\n\n";
    }

    private void tellsThatAnAnswerWasCut(Deployment deployment, boolean breaksOff) {
        if (breaksOff) {
            upstream.on(CHAT, Behaviour.statesTooMuch("{\"half\":"));
            assertThat(ask(deployment, "sk-first").whole()).isFalse();
        }
        upstream.on(CHAT, Behaviour.closesMidStream(List.of(EVENT.formatted(1))));
        try (RawClient client = open(deployment)) {
            assertThat(client.event().data()).contains("\"content\":\"1\"");
            assertThat(client.event().data()).contains("upstream_reset");
        }
    }

    private void noticesThatAClientLeaves(Deployment deployment) {
        String path = "/left" + CHAT;
        upstream.on(path, Behaviour.streams(Duration.ofMillis(20), Collections.nCopies(500, EVENT.formatted(1))));
        URI uri = deployment.forward("llm", path);
        try (RawClient client = RawClient.connect(uri)) {
            client.send("POST", RawClient.target(uri), "Authorization: Bearer sk-first\r\n", new byte[] {'{', '}'})
                    .head();
            client.event();
        }
        UpstreamRequest request = upstream.awaitRequest(path);
        assertThat(request.awaitAborted(SOON)).isTrue();
        Awaitility.await().until(() -> deployment.metrics().sum("llmproxy_in_flight") == 0);
    }

    private void refusesWithoutAKey(Deployment deployment) {
        Answer answer = ask(deployment, "sk-other");
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("invalid_api_key");
    }

    private void saysThatItServesNoWebSocket(AppServer server, Deployment deployment) {
        if (server.name().startsWith("TOMCAT")) {
            return;
        }
        Answer answer = RawClient.exchange(
                deployment.forward("llm", "/v1/realtime?model=m"),
                "GET",
                String.join(
                        "\r\n",
                        "Authorization: Bearer sk-first",
                        "Connection: Upgrade",
                        "Upgrade: websocket",
                        "Sec-WebSocket-Version: 13",
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                        ""),
                new byte[0]);
        assertThat(answer.status()).as(answer.text()).isEqualTo(501);
        assertThat(answer.header("X-LLMProxy-Error")).isEqualTo("websocket_not_supported");
        assertThat(answer.text()).contains("This server does not serve WebSocket.");
        assertThat(upstream.requests("/v1/realtime")).isEmpty();
    }

    private void loadsItsConfigurationAgain(AppServer server, Deployment deployment) {
        upstream.on(CHAT, Behaviour.json("{}"));
        deployment.reconfigure(gateway(server, "sk-second"));
        Answer reload = RawClient.exchange(
                deployment.admin("/admin/reload"), "POST", "Authorization: Bearer operators-token\r\n", new byte[0]);
        assertThat(reload.status()).as(reload.text()).isEqualTo(200);
        assertThat(ask(deployment, "sk-first").status()).isEqualTo(401);
        assertThat(ask(deployment, "sk-second").status()).isEqualTo(200);
        assertThat(upstream.requests(CHAT))
                .allSatisfy(request ->
                        assertThat(request.head().values("Authorization")).containsExactly("Bearer sk-upstream"));
    }

    private void isReplacedAgainAndAgain(AppServer server, Deployment deployment) {
        int threads = deployment.process().threads();
        deployment.reconfigure(gateway(server, "sk-first").server("shutdown_timeout: 1"));
        servesAnOpenStreamToItsEnd(server, deployment);
        comesBack(server, deployment);
        tellsAStreamThatTakesTooLong(server, deployment);
        comesBack(server, deployment);
        for (int i = 2; i < REDEPLOYMENTS; i++) {
            server.undeploy(deployment);
            comesBack(server, deployment);
        }
        // Pools of a server vary by fewer threads, and by fewer than one for each time.
        Awaitility.await()
                .untilAsserted(() ->
                        assertThat(deployment.process().threads() - threads).isLessThan(Math.max(20, REDEPLOYMENTS)));
    }

    private void comesBack(AppServer server, Deployment deployment) {
        // A server may still be taking it away when it answers by itself.
        Awaitility.await()
                .pollInterval(SELDOM)
                .untilAsserted(() -> assertThat(deployment.process().tell("Thread.print"))
                        .as("threads of an application that has gone")
                        .doesNotContain("\n\"llmproxy"));
        deployment.process().tell("GC.run");
        server.deploy(deployment);
        upstream.on(CHAT, Behaviour.json("{}"));
        Awaitility.await().pollInterval(SELDOM).untilAsserted(() -> {
            assertThat(ask(deployment, "sk-first").status()).isEqualTo(200);
            deployment.process().tell("GC.run");
            assertThat(deployment.process().tell("VM.class_hierarchy", LISTENER).split(LISTENER))
                    .as("before, between and after the applications that are loaded")
                    .hasSizeBetween(2, 2 + server.remembers());
        });
    }

    /** With the time that is built in, which is more than any machine needs here. */
    private void servesAnOpenStreamToItsEnd(AppServer server, Deployment deployment) {
        LockStep steps = new LockStep();
        upstream.on(CHAT, Behaviour.lockStep(steps, List.of(EVENT.formatted(1), EVENT.formatted(2), DONE)));
        try (RawClient client = open(deployment, "sk-second")) {
            assertThat(client.event().data()).contains("\"content\":\"1\"");
            CompletableFuture<Void> undeployed = CompletableFuture.runAsync(() -> server.undeploy(deployment));
            Awaitility.await().until(() -> !deployment.isReady());

            steps.finish();

            Answer rest = client.answer();
            assertThat(rest.text()).contains("\"content\":\"2\"").endsWith(DONE);
            assertThat(rest.whole()).isTrue();
            undeployed.join();
        }
    }

    private void tellsAStreamThatTakesTooLong(AppServer server, Deployment deployment) {
        upstream.on(CHAT, Behaviour.fallsSilent(List.of(EVENT.formatted(1))));
        try (RawClient client = open(deployment, "sk-first")) {
            assertThat(client.event().data()).contains("\"content\":\"1\"");
            CompletableFuture<Void> undeployed = CompletableFuture.runAsync(() -> server.undeploy(deployment));

            Answer rest = client.answer();
            assertThat(rest.text()).doesNotContain("[DONE]", "client_closed");
            assertThat(rest.whole()).isEqualTo(rest.text().contains("shutting_down"));
            undeployed.join();
        }
    }

    private static Answer ask(Deployment deployment, String key) {
        return RawClient.exchange(
                deployment.forward("llm", CHAT),
                "POST",
                "Authorization: Bearer " + key + "\r\n",
                "{\"stream\":false}".getBytes(StandardCharsets.US_ASCII));
    }

    private static RawClient open(Deployment deployment) {
        return open(deployment, "sk-first");
    }

    private static RawClient open(Deployment deployment, String key) {
        URI uri = deployment.forward("llm", CHAT);
        RawClient client = RawClient.connect(uri)
                .send(
                        "POST",
                        RawClient.target(uri),
                        "Authorization: Bearer " + key + "\r\n",
                        "{\"stream\":true}".getBytes(StandardCharsets.US_ASCII));
        assertThat(client.head().status()).isEqualTo(200);
        return client;
    }
}
