package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.TestProxy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/** What is secret, in every field that has a secret, and never in anything that is written, at the finest level of the log. */
class CanaryIT {
    private static final String CANARY = "CANARY";
    private static final String CHAT = "/v1/chat/completions";
    private static final byte[] QUESTION = """
            {"model": "CANARY-model", "messages": [{"role": "user", "content": "CANARY-prompt"}]}
            """.getBytes(StandardCharsets.UTF_8);
    private static final List<String> FORWARDS =
            List.of("bearer", "basic", "ring", "header", "proxied", "deaf", "guarded", "checked");

    @TempDir
    private Path directory;

    private static Gateway gateway(FakeUpstream upstream, TestProxy proxy, Path ledger) {
        String connect = "http_client: {proxy: {url: \"http://user:CANARY-proxy@127.0.0.1:" + proxy.port() + "\"}}";
        Gateway gateway = new Gateway()
                .admin("token: CANARY-admin")
                .top("keys: [{name: everywhere, key: CANARY-everywhere}]")
                .top("ledger: {directory: \"%s\"}".formatted(ledger))
                .log("level: trace")
                .upstream("bearer", upstream.url(), "auth: {type: bearer, token: CANARY-bearer}")
                .upstream("basic", upstream.url(), "auth: {type: basic, username: user, password: CANARY-basic}")
                .upstream(
                        "ring",
                        upstream.url(),
                        "auth: {type: api_key, header: x-api-key, keys: [{key: CANARY-ring-1}, {key: CANARY-ring-2}]}")
                .upstream(
                        "header", upstream.url(), "headers: [{op: insert, key: X-Secret, value: CANARY-header-value}]")
                .upstream("proxied", "http://upstream.test", "")
                .upstream("deaf", "http://127.0.0.1:" + Ports.free(), "auth: {type: bearer, token: CANARY-deaf}")
                .upstream("guarded", upstream.url(), "keys: [{name: own, key: CANARY-of-upstream}]")
                .upstream(
                        "checked",
                        upstream.url(),
                        "auth: {type: bearer, token: CANARY-checked}, health_check: {path: /health, interval: 1, headers: "
                                + "[{key: X-Probe, value: CANARY-probe}]}");
        for (String name : FORWARDS) {
            String group = name.equals("proxied") ? connect : "";
            gateway.group(name, "{name: " + name + "}", group)
                    .forward(name, name, "keys: [{name: of-" + name + ", key: CANARY-of-" + name + "}]");
        }
        return gateway;
    }

    private static String written(Deployment deployment) {
        StringBuilder written = new StringBuilder(deployment.log());
        for (String path : List.of("/metrics", "/health", "/health/detailed", "/admin/config", "/admin", "/nothing")) {
            written.append(RawClient.exchange(deployment.admin(path), "GET", "", new byte[0]));
        }
        return written.toString();
    }

    /** All that the ledger has in its files, also in those that are no text. */
    private static String recorded(Path ledger) throws IOException {
        StringBuilder recorded = new StringBuilder();
        try (Stream<Path> files = Files.list(ledger)) {
            for (Path file : files.toList()) {
                recorded.append(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        return recorded.toString();
    }

    private static String ask(Deployment deployment, String forward, String headers) {
        return RawClient.exchange(deployment.forward(forward, CHAT), "POST", headers, QUESTION)
                .toString();
    }

    private static Answer reload(Deployment deployment, String token) {
        return RawClient.exchange(
                deployment.admin("/admin/reload"), "POST", "Authorization: Bearer " + token + "\r\n", new byte[0]);
    }

    @ParameterizedTest
    @KindSource
    void noSecretIsEverWritten(Deployment.Kind kind) throws IOException {
        Path ledger = directory.resolve("ledger-" + kind);
        try (FakeUpstream upstream = FakeUpstream.start();
                TestProxy proxy = TestProxy.http("user", "another word");
                Deployment deployment = Deployment.start(kind, gateway(upstream, proxy, ledger))) {
            // After the last one no credential is used for a while.
            List<Behaviour> behaviours = List.of(
                    Behaviour.json("{}"),
                    Behaviour.status(500, "", "{}"),
                    Behaviour.raw("no HTTP\r\n\r\n"),
                    Behaviour.resets(),
                    Behaviour.resetsMidStream(List.of("data: 1\n\n")),
                    Behaviour.alternates(
                            Behaviour.status(429, "Retry-After: 1\r\n", "{}"), Behaviour.status(401, "", "{}")));
            for (Behaviour behaviour : behaviours) {
                upstream.reset();
                upstream.otherwise(behaviour);
                for (String forward : FORWARDS) {
                    for (String key : List.of("CANARY-everywhere", "CANARY-of-" + forward, "CANARY-unknown")) {
                        assertThat(ask(deployment, forward, "Authorization: Bearer " + key + "\r\n"))
                                .doesNotContain(CANARY);
                    }
                    assertThat(ask(deployment, forward, "x-api-key: CANARY-one\r\nx-goog-api-key: CANARY-two\r\n"))
                            .contains(" 401 ")
                            .doesNotContain(CANARY);
                }
                assertThat(upstream.requests(CHAT)).as(behaviour.toString()).isNotEmpty();
            }

            assertThat(reload(deployment, "CANARY-wrong").toString()).doesNotContain(CANARY);
            Path config = deployment.config();
            String good = Files.readString(config);
            for (String wrong : List.of(
                    good.replace("CANARY-bearer}", "[CANARY-list]}"),
                    good.replace(
                            "type: bearer, token: CANARY-bearer", "type: CANARY, token: {CANARY-map: CANARY-value}"),
                    good.replace("username: user, ", "usrname: user, "),
                    good.replace("http://user:CANARY-proxy@", "htp://user:CANARY-proxy@"),
                    good.replace("X-Probe, value: ", "'X Probe', value: "),
                    good.replace("key: CANARY-everywhere", "key: CANARY-everywhere, expires: never"),
                    good.replace("CANARY-basic}", "CANARY-basic"))) {
                assertThat(wrong).isNotEqualTo(good);
                Files.writeString(config, wrong);
                Answer answer = reload(deployment, "CANARY-admin");
                assertThat(answer.status()).as(wrong).isBetween(400, 499);
                assertThat(answer.toString()).doesNotContain("CANARY-");
            }
            assertThat(written(deployment)).contains("forward=bearer").doesNotContain("CANARY-");
            Awaitility.await().until(() -> recorded(ledger).contains("\"forward\":\"checked\""));
            assertThat(recorded(ledger))
                    .contains("\"key\":\"everywhere\"", "\"t\":\"attempt\"")
                    .doesNotContain("CANARY-");
        }
    }
}
