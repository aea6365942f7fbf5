package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Jetty looks every second which archives are in {@code webapps}. */
final class JettyOperator implements ServerOperator {
    @Override
    public ServerProcess start(Deployment.Container container, Path home) throws IOException {
        List<String> options = new ArrayList<>(OPTIONS);
        options.add("-Dllmproxy.upstream-key=" + UPSTREAM_KEY);
        return Containers.jetty(container.with(JettyOperator::prepare), home, options);
    }

    @Override
    public String upstreamKey() {
        return "${system:llmproxy.upstream-key}";
    }

    /** An archive that is taken away is still there for the application that stops: Jetty has unpacked it. */
    private static void prepare(Path base) {
        try (Stream<Path> unpacked = Files.walk(base.resolve("webapps/root"))) {
            for (Path file : unpacked.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
            Files.writeString(
                    base.resolve("start.d/llmproxy.ini"), "jetty.deploy.scanInterval=1\n", StandardOpenOption.APPEND);
            deploy(base);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void undeploy(Deployment deployment) throws IOException {
        Files.delete(archive(deployment.directory()));
    }

    @Override
    public void deploy(Deployment deployment) throws IOException {
        deploy(deployment.directory());
    }

    private static void deploy(Path base) throws IOException {
        Files.createLink(archive(base), Artefacts.war());
    }

    private static Path archive(Path base) {
        return base.resolve("webapps/root.war");
    }
}
