package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Certificates;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.ServerProcess;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What h2spec says of the launcher's HTTP/2. Its programs are made for few machines. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class H2SpecIT {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final String PATH = "/v1/models";

    private final Path directory = Artefacts.workDirectory("h2spec");

    private String run(String... command) {
        try (ServerProcess process = ServerProcess.start(directory, Map.of(), List.of(command))) {
            process.exitCode(LIMIT);
            return process.log();
        }
    }

    private String h2spec(URI uri, String... more) {
        List<String> command =
                new ArrayList<>(List.of(directory.resolve("h2spec").toString(), "-o", "5"));
        command.addAll(List.of("-h", uri.getHost(), "-p", Integer.toString(uri.getPort()), "-P", PATH));
        command.addAll(List.of(more));
        return run(command.toArray(String[]::new));
    }

    @Test
    void nothingFails() {
        Certificates.Pair pair = new Certificates(directory).serverPem("server", "EC", "ip:127.0.0.1");
        String tls = "tls: {cert_file: \"%s\", private_key_file: \"%s\"}".formatted(pair.certificate(), pair.key());
        run("tar", "xzf", Artefacts.h2spec().toString());
        // The tool overlooks data that come before a setting is acknowledged, and then waits for them.
        Behaviour answer = Behaviour.delayed(Duration.ofMillis(20), Behaviour.json("{\"fine\":true}"));
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(answer)) {
            Gateway gateway = new Gateway()
                    .single("plain", upstream.url(), "", "", "")
                    .single("secure", upstream.url(), "", "", tls);
            try (Deployment deployment = Deployment.start(Deployment.Kind.LAUNCHER, gateway, "-Xmx128m")) {
                assertThat(h2spec(deployment.forward("plain", PATH)))
                        .contains("145 tests, 145 passed, 0 skipped, 0 failed");
                assertThat(h2spec(deployment.forward("secure", PATH), "-t", "-k"))
                        .contains("145 tests, 145 passed, 0 skipped, 0 failed");
            }
        }
    }
}
