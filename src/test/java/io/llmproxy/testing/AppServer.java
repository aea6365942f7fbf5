package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * App servers beside those that each test runs on, started as {@code docs/containers.md} shows. The web application is at the root
 * of their one port, and a forward below it, at its name. Their distributions are where the profile {@code servers} has unpacked
 * them.
 */
public enum AppServer {
    TOO_OLD_TOMCAT_9("apache-tomcat-9.") {
        @Override
        ServerProcess start(Deployment.Container container, Path home) throws IOException {
            return Containers.tomcat(container, home, List.of());
        }
    },
    TOO_OLD_TOMCAT_10_0("apache-tomcat-10.0") {
        @Override
        ServerProcess start(Deployment.Container container, Path home) throws IOException {
            return Containers.tomcat(container, home, List.of());
        }
    },
    TOMCAT_11("apache-tomcat-11") {
        @Override
        ServerProcess start(Deployment.Container container, Path home) throws IOException {
            return Containers.tomcat(container, home, List.of());
        }
    },
    JETTY_12_0("jetty-home-12.0") {
        @Override
        public boolean writesWholeChunks() {
            return false;
        }

        @Override
        ServerProcess start(Deployment.Container container, Path home) throws IOException {
            return Containers.jetty(container, home, List.of());
        }
    },
    WILDFLY("wildfly-39") {
        @Override
        ServerProcess start(Deployment.Container container, Path home) throws IOException {
            return wildfly(container, home);
        }
    },
    WILDFLY_BEFORE("wildfly-38") {
        @Override
        ServerProcess start(Deployment.Container container, Path home) throws IOException {
            return wildfly(container, home);
        }
    },
    OPEN_LIBERTY("wlp") {
        /** It writes a page of its own into the answer. */
        @Override
        public boolean breaksOff() {
            return false;
        }

        /** Its standard output has what is at least of level AUDIT. */
        @Override
        public String log(Deployment deployment) {
            try {
                return Files.readString(deployment.config().resolveSibling("servers/llmproxy/logs/messages.log"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        ServerProcess start(Deployment.Container container, Path home) throws IOException {
            Path server = Files.createDirectories(container.directory().resolve("servers/llmproxy/apps"))
                    .resolveSibling("");
            Path sample = Artefacts.server().resolve("liberty").resolve("server.xml");
            Files.writeString(server.resolve("server.xml"), Containers.repeat(Files.readString(sample), container));
            Files.createLink(server.resolve("apps/llmproxy.war"), Artefacts.war());
            List<String> command = JavaCommand.of(List.of());
            command.addAll(List.of(
                    "-Dllmproxy.config=" + container.config(),
                    "-javaagent:" + home.resolve("bin/tools/ws-javaagent.jar"),
                    "-jar",
                    home.resolve("bin/tools/ws-server.jar").toString(),
                    "llmproxy",
                    "--clean"));
            return ServerProcess.start(
                    container.directory(),
                    Map.of("WLP_USER_DIR", container.directory().toString()),
                    command);
        }
    };

    private final String distribution;

    AppServer(String distribution) {
        this.distribution = distribution;
    }

    abstract ServerProcess start(Deployment.Container container, Path home) throws IOException;

    /** What its own log has. */
    public String log(Deployment deployment) {
        return deployment.log();
    }

    /** Whether it closes a client's connection when an answer that has begun cannot go on. */
    public boolean breaksOff() {
        return true;
    }

    /** Whether the line end of a chunk leaves with it, and not with the next one. */
    public boolean writesWholeChunks() {
        return true;
    }

    ServerProcess start(Deployment.Container container) throws IOException {
        try (Stream<Path> all = Files.list(Artefacts.servers())) {
            Path home = all.filter(path -> path.getFileName().toString().startsWith(distribution))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no " + distribution + " in " + Artefacts.servers()));
            return start(container, home);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static ServerProcess wildfly(Deployment.Container container, Path home) throws IOException {
        Path base = container.directory();
        Path configuration = Files.createDirectories(base.resolve("configuration"));
        try (Stream<Path> files = Files.list(home.resolve("standalone/configuration"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, configuration.resolve(file.getFileName()));
            }
        }
        Files.createLink(Files.createDirectories(base.resolve("deployments")).resolve("ROOT.war"), Artefacts.war());
        List<String> command = new ArrayList<>(JavaCommand.of(List.of()));
        Stream.of(
                        "java.base/java.lang",
                        "java.base/java.lang.invoke",
                        "java.base/java.io",
                        "java.base/java.net",
                        "java.base/java.security",
                        "java.base/java.util",
                        "java.base/java.util.concurrent",
                        "java.management/javax.management",
                        "java.naming/javax.naming")
                .map(opened -> "--add-opens=" + opened + "=ALL-UNNAMED")
                .forEach(command::add);
        command.addAll(List.of(
                "-Dllmproxy.config=" + container.config(),
                "-Djboss.home.dir=" + home,
                "-Djboss.server.base.dir=" + base,
                "-Dlogging.configuration="
                        + configuration.resolve("logging.properties").toUri(),
                "-Djboss.http.port=" + container.admin(),
                "-Djboss.https.port=" + Ports.free(),
                "-Djboss.management.http.port=" + Ports.free(),
                "-jar",
                home.resolve("jboss-modules.jar").toString(),
                "-mp",
                home.resolve("modules").toString(),
                "org.jboss.as.standalone"));
        return ServerProcess.start(base, Map.of(), command);
    }
}
