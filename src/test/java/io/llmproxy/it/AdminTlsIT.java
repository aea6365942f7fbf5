package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Certificates;
import io.llmproxy.testing.JavaCommand;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** TLS on the launcher's admin listener, and a proxy in front that is known by its certificate. */
class AdminTlsIT {
    private static final Duration SOON = Duration.ofSeconds(60);

    private final Path directory = Artefacts.workDirectory("admin-tls");
    private final Certificates certificates = new Certificates(directory);
    private final Certificates strangers = new Certificates(Artefacts.workDirectory("admin-tls-strangers"));
    private final int port = Ports.free();

    private ServerProcess start() throws IOException {
        Certificates.Pair pair = certificates.serverPem("admin", "EC", "ip:127.0.0.1");
        Path config = Files.writeString(directory.resolve("config.yaml"), """
                http_server:
                  forwards: [{name: main, address: 127.0.0.1, port: %d, upstream_group: g}]
                  admin:
                    port: %d
                    tls: {cert_file: "%s", private_key_file: "%s", client_ca_file: "%s", client_auth: optional}
                    sso: {trusted_proxies: [127.0.0.1], admin_groups: [platform]}
                upstreams: [{name: u, url: "http://127.0.0.1:9"}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """.formatted(
                        Ports.free(), port, pair.certificate(), pair.key(), certificates.authorityPem()));
        List<String> command = JavaCommand.launcher("-Xmx128m");
        command.addAll(List.of("--config", config.toString()));
        return ServerProcess.start(directory, Map.of(), command);
    }

    private HttpResponse<String> ask(SSLContext tls, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + path))
                .header("X-Forwarded-User", "ann")
                .header("X-Forwarded-Groups", "platform")
                .timeout(SOON)
                .build();
        return HttpClient.newBuilder().sslContext(tls).build().send(request, BodyHandlers.ofString());
    }

    @Test
    void onlyAProxyWithACertificateSaysWhoCalls() throws Exception {
        try (ServerProcess process = start()) {
            Awaitility.await()
                    .atMost(SOON)
                    .failFast(() -> !process.alive())
                    .ignoreExceptionsInstanceOf(IOException.class)
                    .until(() -> ask(certificates.trusting(), "/health/ready").statusCode() == 200);
            HttpResponse<String> known = ask(certificates.client(certificates), "/admin/api/v1/session");
            assertThat(known.statusCode()).isEqualTo(200);
            assertThat(known.body()).contains("\"name\":\"sso:ann\",\"role\":\"admin\"");
            assertThat(ask(certificates.trusting(), "/admin/api/v1/session").statusCode())
                    .isEqualTo(401);
            assertThatThrownBy(() -> ask(certificates.client(strangers), "/admin/api/v1/session"))
                    .isInstanceOf(IOException.class);
        }
    }
}
