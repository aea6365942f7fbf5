package io.llmproxy.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** WildFly's scanner follows files beside the archive: one that says that it is deployed, and one that asks for it. */
final class WildFlyOperator implements ServerOperator {
    /** Each idle thread of a pool holds the request that it has served last, and the application with it: a few do. */
    static final int REMEMBERS = 8;

    /** With an expression, as everywhere in WildFly's settings. */
    private static final String PROPERTY =
            "<system-properties><property name=\"llmproxy.config\" value=\"${env.GATEWAY_CONFIG}\"/></system-properties>";

    private static final String ARCHIVE = "ROOT.war";

    @Override
    public ServerProcess start(Deployment.Container container, Path home) throws IOException {
        Path base = container.directory();
        Path configuration = Files.createDirectories(base.resolve("configuration"));
        try (Stream<Path> files = Files.list(home.resolve("standalone/configuration"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, configuration.resolve(file.getFileName()));
            }
        }
        Path settings = configuration.resolve("standalone.xml");
        Files.writeString(
                settings,
                Files.readString(settings)
                        .replace("scan-interval=\"5000\"", "scan-interval=\"250\"")
                        .replace("<management>", PROPERTY + "<management>"));
        Files.createLink(Files.createDirectories(base.resolve("deployments")).resolve(ARCHIVE), Artefacts.war());
        List<String> command = new ArrayList<>(JavaCommand.of(ServerOperator.OPTIONS));
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
        return ServerProcess.start(
                base, Map.of("GATEWAY_CONFIG", container.config().toString()), command);
    }

    @Override
    public void undeploy(Deployment deployment) throws IOException {
        Files.delete(marker(deployment, ".deployed"));
    }

    @Override
    public void deploy(Deployment deployment) throws IOException {
        Files.createFile(marker(deployment, ".dodeploy"));
    }

    private static Path marker(Deployment deployment, String kind) {
        return deployment.directory().resolve("deployments").resolve(ARCHIVE + kind);
    }
}
