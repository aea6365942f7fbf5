package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;

/** With {@code log.to: container}, the app server's log has the messages and the access lines, in its own form. */
class ContainerLogIT {
    private static final byte[] NOTHING = {};
    private static final String STARTED = "LLMProxy \\S+ serves 1 forwards";

    private final FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));

    @AfterEach
    void stop() {
        upstream.close();
    }

    private Gateway gateway(String log) {
        return new Gateway()
                .single("one", upstream.url(), "", "", "")
                .admin("token: secret")
                .log(log);
    }

    @ParameterizedTest
    @KindSource
    void theLogIsTheContainers(Kind kind) throws IOException {
        Path access = Artefacts.workDirectory("container-log").resolve("access.log");
        try (Deployment deployment = start(kind, gateway("to: container"))) {
            ask(deployment, "/v1/first");
            awaitLogged(deployment, kind, "POST other forward=one");
            assertThat(logOf(deployment, kind)).containsPattern("INFO\\W.*" + STARTED);
            // Our own form of a message and of an access line is nowhere.
            assertThat(deployment.log())
                    .doesNotContainPattern("(?m)^\\S+Z (INFO |WARN |ERROR) ")
                    .doesNotContainPattern("(?m)^\\S+Z req_");

            reload(deployment, gateway("to: container, access_file: \"" + access + "\""));
            ask(deployment, "/v1/second");
            Awaitility.await()
                    .until(() ->
                            Files.exists(access) && Files.readString(access).contains("forward=one"));

            reload(deployment, gateway("to: streams"));
            ask(deployment, "/v1/third");
            Awaitility.await()
                    .untilAsserted(() ->
                            assertThat(deployment.log()).containsPattern("(?m)^\\S+Z req_\\S+ POST other forward=one"));
        }
    }

    /** Tomcat has its log set up as its own start script does. */
    private static Deployment start(Kind kind, Gateway gateway) {
        return kind == Kind.TOMCAT
                ? Deployment.start(
                        kind,
                        gateway,
                        "-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager",
                        "-Djava.util.logging.config.file=" + Artefacts.tomcat().resolve("conf/logging.properties"))
                : Deployment.start(kind, gateway);
    }

    private static void awaitLogged(Deployment deployment, Kind kind, String text) {
        Awaitility.await()
                .untilAsserted(() -> assertThat(logOf(deployment, kind)).contains(text));
    }

    /** Tomcat keeps a file; of the others, what java.util.logging does by itself is looked at. */
    private static String logOf(Deployment deployment, Kind kind) {
        if (kind != Kind.TOMCAT) {
            return deployment.log();
        }
        try (Stream<Path> files = Files.list(deployment.config().resolveSibling("logs"))) {
            return files.filter(file -> file.getFileName().toString().startsWith("catalina."))
                    .map(ContainerLogIT::read)
                    .collect(Collectors.joining());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void reload(Deployment deployment, Gateway gateway) {
        deployment.reconfigure(gateway);
        assertThat(RawClient.exchange(
                                deployment.admin("/admin/reload"), "POST", "Authorization: Bearer secret\r\n", NOTHING)
                        .status())
                .isEqualTo(200);
    }

    private static void ask(Deployment deployment, String path) {
        assertThat(RawClient.exchange(deployment.forward("one", path), "POST", "", NOTHING)
                        .status())
                .isEqualTo(200);
    }
}
