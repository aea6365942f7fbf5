package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

/**
 * Open Liberty follows {@code server.xml}. An archive that is deleted would stop the application, too, but Liberty reads classes from
 * it to the end.
 */
final class LibertyOperator implements ServerOperator {
    private static final String SERVER = "servers/llmproxy";
    private static final String SETTINGS = "server.xml";
    private static final String APPLICATION = "<webApplication location=\"llmproxy.war\" contextRoot=\"/\"/>";

    @Override
    public ServerProcess start(Deployment.Container container, Path home) throws IOException {
        Path base = container.directory();
        Path server = base.resolve(SERVER);
        Files.createDirectories(server.resolve("apps"));
        Path sample = Artefacts.server().resolve("liberty").resolve("server.xml");
        Files.writeString(server.resolve(SETTINGS), Containers.repeat(Files.readString(sample), container));
        Files.createLink(server.resolve("apps/llmproxy.war"), Artefacts.war());
        Files.writeString(server.resolve("bootstrap.properties"), "llmproxy.config=" + container.config() + "\n");
        List<String> command = JavaCommand.of(ServerOperator.OPTIONS);
        command.addAll(List.of(
                "-javaagent:" + home.resolve("bin/tools/ws-javaagent.jar"),
                "-jar",
                home.resolve("bin/tools/ws-server.jar").toString(),
                "llmproxy",
                "--clean"));
        return ServerProcess.start(base, Map.of("WLP_USER_DIR", base.toString()), command);
    }

    /** As it is: what Liberty makes of its variables is not tested. */
    @Override
    public String upstreamKey() {
        return UPSTREAM_KEY;
    }

    @Override
    public void undeploy(Deployment deployment) throws IOException {
        change(deployment, APPLICATION, "");
    }

    @Override
    public void deploy(Deployment deployment) throws IOException {
        change(deployment, "</server>", APPLICATION + "</server>");
    }

    private static void change(Deployment deployment, String from, String to) throws IOException {
        Path settings = deployment.directory().resolve(SERVER).resolve(SETTINGS);
        Path next = settings.resolveSibling("next.xml");
        Files.writeString(next, Files.readString(settings).replace(from, to));
        Files.move(next, settings, StandardCopyOption.ATOMIC_MOVE);
    }

    static String log(Path base) {
        try {
            return Files.readString(base.resolve(SERVER).resolve("logs/messages.log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
