package io.llmproxy.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** WildFly's scanner follows files beside the archive: one that says that it is deployed, and one that asks for it. */
final class WildFlyOperator implements ServerOperator {
    /** Each idle thread of a pool holds the request that it has served last, and the application with it: a few do. */
    static final int REMEMBERS = 8;

    /** With an expression, as everywhere in WildFly's settings. */
    private static final String PROPERTY =
            "<system-properties><property name=\"llmproxy.config\" value=\"${env.GATEWAY_CONFIG}\"/></system-properties>";

    private static final Pattern TOKEN = Pattern.compile("RUxZ[A-Za-z0-9+/=]+");
    private static final String KEY_STORE = "llmproxy.cs";

    /** The name is one that all threads know: those of {@code java:comp} are known on the server's own only. */
    private static final String ENTRY =
            "<bindings><simple name=\"java:global/llmproxy/upstream-key\" value=\"${ENC::llmproxy:%s}\"/></bindings>";

    private static final String RESOLVER = """
            <credential-stores>
              <secret-key-credential-store name="llmproxy" path="llmproxy.cs" relative-to="jboss.server.config.dir"/>
            </credential-stores>
            <expression-resolver>
              <resolver name="llmproxy" credential-store="llmproxy" secret-key="key"/>
            </expression-resolver>
            """;

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
                        .replace("<management>", PROPERTY + "<management>")
                        .replace(
                                "<remote-naming/>",
                                ENTRY.formatted(encrypted(home, configuration)) + "<remote-naming/>")
                        .replaceFirst("(?=<audit-logging>)", RESOLVER));
        Files.createLink(Files.createDirectories(base.resolve("deployments")).resolve(ARCHIVE), Artefacts.war());
        List<String> command = new ArrayList<>(JavaCommand.of(OPTIONS));
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
    public String upstreamKey() {
        return "${jndi:java:global/llmproxy/upstream-key}";
    }

    /** Makes a store with a key, and encrypts with it what upstreams are asked with. */
    private static String encrypted(Path home, Path configuration) throws IOException {
        String store = configuration.resolve(KEY_STORE).toString();
        tool(home, store, "--create", "--generate-secret-key", "key");
        String told = tool(home, store, "--encrypt", "key", "--clear-text", UPSTREAM_KEY);
        Matcher token = TOKEN.matcher(told);
        if (!token.find()) {
            throw new IllegalStateException(told);
        }
        return token.group();
    }

    /** Runs {@code elytron-tool.sh credential-store}, and returns what it prints. */
    private static String tool(Path home, String store, String... arguments) throws IOException {
        List<String> command = JavaCommand.of(List.of(
                "-jar",
                home.resolve("jboss-modules.jar").toString(),
                "-mp",
                home.resolve("modules").toString(),
                "org.wildfly.security.elytron-tool",
                "credential-store",
                "--type",
                "PropertiesCredentialStore",
                "--location",
                store));
        command.addAll(List.of(arguments));
        Process tool = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
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
