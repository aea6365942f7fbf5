package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.Metrics;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * A reload that fails changes nothing, whichever step it fails at. Each configuration here would change what is shared by all
 * configurations (the groups that a breaker counts for, the limit of buffered bodies), and then has a mistake.
 */
class FailedReloadIT {
    private static final byte[] NOTHING = {};
    private static final byte[] QUESTION = "{\"model\":\"m\",\"messages\":[]}".getBytes(StandardCharsets.UTF_8);

    private static final String TOKEN = "failed-reload-token";
    private static final String CHAT = "/v1/chat/completions";
    private static final String CHANGES = "llmproxy_circuitbreaker_state_changes_total";

    @ParameterizedTest
    @KindSource
    void aReloadThatFailsAtAnyStepLeavesGaugesLimitsAndConditionsAsTheyWere(Kind kind) throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{\"fine\":true}"));
                ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Deployment deployment = Deployment.start(kind, before(upstream))) {
            String good = Files.readString(deployment.config());
            Metrics metrics = deployment.metrics();

            Map<String, String> broken = broken(good, kind == Kind.LAUNCHER ? taken.getLocalPort() : 0);
            broken.forEach((step, config) -> {
                write(deployment.config(), config);
                Answer answer = reload(deployment);
                assertThat(answer.status()).as(step + answer).isEqualTo(422);
                assertThat(ask(deployment, "kept").status()).as(step).isEqualTo(200);
            });

            Metrics now = deployment.metrics();
            assertThat(now.sum("llmproxy_config_version")).isEqualTo(metrics.sum("llmproxy_config_version"));
            assertThat(now.sum("llmproxy_config_reloads_total", "result=\"failure\""))
                    .isEqualTo(broken.size());
            assertThat(now.has("llmproxy_upstream_healthy{upstream=\"added\"}")).isFalse();
            upstream.otherwise(Behaviour.status(503, "", ""));
            Awaitility.await().until(() -> {
                ask(deployment, "kept");
                return deployment.metrics().sum(CHANGES, "group=\"kept\"", "to=\"open\"") > 0;
            });
            assertThat(deployment.metrics().sum(CHANGES, "group=\"late\""))
                    .as("the breaker counts for the groups of the configuration that is served")
                    .isZero();

            write(deployment.config(), changed(good));
            assertThat(reload(deployment).status()).isEqualTo(200);
            upstream.otherwise(Behaviour.json("{\"fine\":true}"));
            Answer refused = ask(deployment, "kept");
            assertThat(refused.header("X-LLMProxy-Error"))
                    .as("the same change without a mistake takes effect: " + refused)
                    .isEqualTo("overloaded");
        }
    }

    private static Gateway before(FakeUpstream upstream) {
        return new Gateway()
                .admin("token: " + TOKEN)
                .single("kept", upstream.url(), "breaker: {threshold: 1, window: 1, cooldown: 1}", "", "");
    }

    /** The configuration with a second group for the same upstream, and room for one byte of request bodies. */
    private static String changed(String good) {
        return good.replace("http_server:\n", "http_server:\n  max_buffered: 1\n")
                .replace("\nupstream_groups:\n", "\nupstream_groups:\n  - {name: late, upstreams: [{name: kept}]}\n");
    }

    /** What fails, by the step that it fails at; each mistake stands behind what would change. */
    private static Map<String, String> broken(String good, int takenPort) throws IOException {
        Path directory = Artefacts.workDirectory("broken");
        Path rubbish = Files.writeString(directory.resolve("rubbish.pem"), "rubbish");
        Path account = Files.writeString(directory.resolve("account.json"), "{\"type\":\"service_account\"}");
        String changed = changed(good);
        Map<String, String> broken = new TreeMap<>();
        broken.put("the file is no YAML", changed + "{");
        broken.put("a key is unknown", changed + "unknown: 1\n");
        broken.put(
                "the client cannot be made",
                added(changed, "https://127.0.0.1:1", "tls: {ca_file: \"%s\"}".formatted(rubbish)));
        broken.put(
                "the credential is none",
                added(
                        changed,
                        "https://127.0.0.1:1",
                        "provider: vertex, auth: {type: google, service_account_file: \"%s\"}".formatted(account)));
        if (takenPort > 0) {
            String forward = "    - {name: taken, address: 127.0.0.1, port: %d, upstream_group: late}\n";
            broken.put(
                    "the port is taken",
                    changed.replace("  forwards:\n", "  forwards:\n" + forward.formatted(takenPort)));
        }
        return broken;
    }

    private static String added(String config, String url, String more) {
        String upstream = "  - {name: added, health_check: {path: /}, url: \"%s\", %s}\n".formatted(url, more);
        return config.replace("\nupstream_groups:\n", "\n" + upstream + "upstream_groups:\n")
                + "  - {name: added, upstreams: [{name: added}]}\n";
    }

    private static void write(Path config, String text) {
        try {
            Files.writeString(config, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Answer reload(Deployment deployment) {
        return RawClient.exchange(
                deployment.admin("/admin/reload"), "POST", "Authorization: Bearer " + TOKEN + "\r\n", NOTHING);
    }

    private static Answer ask(Deployment deployment, String forward) {
        return RawClient.exchange(deployment.forward(forward, CHAT), "POST", "Connection: close\r\n", QUESTION);
    }
}
