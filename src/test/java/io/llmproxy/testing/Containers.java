package io.llmproxy.testing;

import io.llmproxy.testing.Deployment.Container;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Starts the gateway the way that {@code server/tomcat/README.md} and {@code server/jetty-base/README.md} describe, with
 * the very files that they show. Only the ports differ, and the part for one forward is repeated for each.
 */
final class Containers {
    private static final String FORWARD_PORT = "\\b3000\\b";
    private static final String ADMIN_PORT = "\\b9000\\b";

    private Containers() {}

    static ServerProcess launcher(List<String> wrapper, Container container, List<String> jvmOptions) {
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(JavaCommand.launcher(jvmOptions));
        command.addAll(List.of("--config", container.config().toString()));
        return ServerProcess.start(container.directory(), Map.of(), command);
    }

    static ServerProcess tomcat(Container container, List<String> jvmOptions) throws IOException {
        return tomcat(container, Artefacts.tomcat(), jvmOptions, Map.of());
    }

    /** Starts a Tomcat of another version. */
    static ServerProcess tomcat(
            Container container, Path home, List<String> jvmOptions, Map<String, String> environment)
            throws IOException {
        Path base = container.directory();
        Path conf = Files.createDirectories(base.resolve("conf"));
        for (String directory : List.of("webapps", "logs", "temp", "work")) {
            Files.createDirectories(base.resolve(directory));
        }
        Path web = home.resolve("conf").resolve("web.xml");
        Files.copy(web, conf.resolve("web.xml"));
        Path sample = Artefacts.server().resolve("tomcat").resolve("conf").resolve("server.xml");
        String server = repeat(Files.readString(sample), container);
        Files.writeString(conf.resolve("server.xml"), server);
        deploy(container, base.resolve("webapps"), "ROOT");
        List<String> command = JavaCommand.of(jvmOptions);
        Path bin = home.resolve("bin");
        command.addAll(List.of(
                "-Dllmproxy.config=" + container.config(),
                "-Dcatalina.home=" + home,
                "-Dcatalina.base=" + base,
                "-Djava.io.tmpdir=" + base.resolve("temp"),
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                "--add-opens=java.base/java.io=ALL-UNNAMED",
                "--add-opens=java.base/java.util=ALL-UNNAMED",
                "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
                "--add-opens=java.rmi/sun.rmi.transport=ALL-UNNAMED",
                "-cp",
                bin.resolve("bootstrap.jar") + ":" + bin.resolve("tomcat-juli.jar"),
                "org.apache.catalina.startup.Bootstrap",
                "start"));
        container.prepare().accept(base);
        return ServerProcess.start(base, environment, command);
    }

    static ServerProcess jetty(Container container, List<String> jvmOptions) throws IOException {
        return jetty(container, Artefacts.jetty(), jvmOptions);
    }

    static ServerProcess jetty(Container container, Path home, List<String> jvmOptions) throws IOException {
        Path base = container.directory();
        Path sample = Artefacts.server().resolve("jetty-base");
        try (Stream<Path> files = Files.walk(sample)) {
            for (Path file : files.filter(file -> Files.isRegularFile(file) && !file.endsWith("README.md"))
                    .toList()) {
                Path copy = base.resolve(sample.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.writeString(copy, repeat(Files.readString(file), container));
            }
        }
        Path webapps = Files.createDirectories(base.resolve("webapps"));
        deploy(container, webapps, "root");
        List<String> command = JavaCommand.of(jvmOptions);
        command.addAll(List.of(
                "-Dllmproxy.config=" + container.config(),
                "-Djava.io.tmpdir=" + Files.createDirectories(base.resolve("work"))));
        // It may add modules.
        container.prepare().accept(base);
        command.addAll(JettyStart.arguments(home, base, container.admin()));
        return ServerProcess.start(base, Map.of(), command);
    }

    /** At the root unpacked, as it starts sooner; under a context path as the archive that the set-up pages copy. */
    private static void deploy(Container container, Path webapps, String root) throws IOException {
        String context = container.context();
        if (context.isEmpty()) {
            UnpackedWar.deploy(webapps.resolve(root));
        } else {
            Files.copy(Artefacts.war(), webapps.resolve(context.substring(1) + ".war"));
        }
    }

    /** Repeats what stands between two comments for the one forward of a sample, and fills in all ports. */
    static String repeat(String sample, Container container) {
        Pattern part = Pattern.compile("(?s)(<!-- forward -->)(.*?)(<!-- /forward -->)");
        Matcher matcher = part.matcher(sample.replaceAll(ADMIN_PORT, Integer.toString(container.admin())));
        return matcher.replaceAll(found -> Matcher.quoteReplacement(container.forwards().stream()
                .map(port -> found.group(2).replaceAll(FORWARD_PORT, port.toString()))
                .collect(Collectors.joining("\n"))));
    }
}
