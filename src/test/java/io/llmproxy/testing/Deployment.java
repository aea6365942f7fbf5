package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.awaitility.Awaitility;

/** The gateway as users run it: a process of its own, reached through its ports alone. */
public final class Deployment implements AutoCloseable {
    /** The option of a JVM that compiles as it does with users: for tests that measure. The others start sooner without. */
    public static final String AS_FAST_AS_IT_CAN = "-XX:TieredStopAtLevel=4";

    private static final Duration START = Duration.ofSeconds(60);

    private final ServerProcess process;
    private final Path config;
    private final Map<String, Integer> ports;
    private final int admin;
    private final String context;
    private final Map<String, Integer> configured;

    private Deployment(ServerProcess process, Path config, Map<String, Integer> ports, int admin, String context) {
        this(process, config, ports, admin, context, ports);
    }

    private Deployment(
            ServerProcess process,
            Path config,
            Map<String, Integer> ports,
            int admin,
            String context,
            Map<String, Integer> configured) {
        this.configured = configured;
        this.process = process;
        this.config = config;
        this.ports = ports;
        this.admin = admin;
        this.context = context;
    }

    /** The ways to run the gateway. */
    public enum Kind {
        LAUNCHER,
        TOMCAT,
        JETTY;

        private static final String TESTED = System.getProperty("llmproxy.kinds", "LAUNCHER,TOMCAT,JETTY");

        /** Whether this run of the tests is to show it. */
        public boolean isTested() {
            return List.of(TESTED.split(",")).contains(name());
        }
    }

    /**
     * Starts the launcher by way of another command, such as a shell that sets limits first.
     *
     * @param wrapper the beginning of the command line
     */
    public static Deployment startUnder(List<String> wrapper, Gateway gateway, String... jvmOptions) {
        Map<String, Integer> ports = new LinkedHashMap<>();
        gateway.forwards().forEach(name -> ports.put(name, Ports.free()));
        int admin = Ports.free();
        try {
            Path directory = Artefacts.workDirectory(Kind.LAUNCHER.name());
            Path config = Files.writeString(directory.resolve("gateway.yaml"), gateway.yaml(ports, admin));
            return launch(wrapper, config, ports, admin, List.of(jvmOptions));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the launcher again in the place of this one, which has ended. */
    public Deployment again(String... jvmOptions) {
        return launch(List.of(), config, ports, admin, List.of(jvmOptions));
    }

    private static Deployment launch(
            List<String> wrapper, Path config, Map<String, Integer> ports, int admin, List<String> jvmOptions) {
        Container container =
                new Container(directory(config), config, List.copyOf(ports.values()), admin, "", directory -> {});
        ServerProcess process = Containers.launcher(wrapper, container, jvmOptions);
        Deployment deployment = new Deployment(process, config, ports, admin, "");
        deployment.awaitReady();
        return deployment;
    }

    private static Path directory(Path config) {
        return Objects.requireNonNull(config.getParent(), "written by us");
    }

    /**
     * Starts the gateway in a container whose files are changed first.
     *
     * @param prepare is given the container's directory when everything is in it
     */
    public static Deployment startPrepared(Kind kind, Gateway gateway, Consumer<Path> prepare, String... jvmOptions) {
        return start(kind, gateway, "", prepare, List.of(jvmOptions));
    }

    /** Starts the gateway at the root of its ports and waits until it is ready. */
    public static Deployment start(Kind kind, Gateway gateway, String... jvmOptions) {
        return start(kind, gateway, "", List.of(jvmOptions));
    }

    /**
     * Starts the gateway in a container under a context path, such as {@code /gw}. There, as in a container that was
     * running already, the port for everything else is not the configuration's admin port.
     */
    public static Deployment start(Kind kind, Gateway gateway, String context, List<String> jvmOptions) {
        return start(kind, gateway, context, directory -> {}, jvmOptions);
    }

    /** Starts the gateway in an app server, where forwards have no ports of their own. */
    public static Deployment start(AppServer server, Gateway gateway) {
        Map<String, Integer> ports = new LinkedHashMap<>();
        Map<String, Integer> shared = new LinkedHashMap<>();
        int admin = Ports.free();
        gateway.forwards().forEach(name -> {
            ports.put(name, Ports.free());
            shared.put(name, admin);
        });
        try {
            Path directory = Artefacts.workDirectory(server.name());
            Path config = Files.writeString(directory.resolve("gateway.yaml"), gateway.yaml(ports, Ports.free()));
            Container container = new Container(directory, config, List.of(), admin, "", unused -> {});
            Deployment deployment = new Deployment(server.start(container), config, shared, admin, "", ports);
            deployment.awaitReady();
            return deployment;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Deployment start(
            Kind kind, Gateway gateway, String context, Consumer<Path> prepare, List<String> jvmOptions) {
        Map<String, Integer> ports = new LinkedHashMap<>();
        gateway.forwards().forEach(name -> ports.put(name, Ports.free()));
        int admin = Ports.free();
        try {
            Path directory = Artefacts.workDirectory(kind.name());
            Path config = Files.writeString(
                    directory.resolve("gateway.yaml"), gateway.yaml(ports, context.isEmpty() ? admin : Ports.free()));
            Container container =
                    new Container(directory, config, List.copyOf(ports.values()), admin, context, prepare);
            ServerProcess process = switch (kind) {
                case LAUNCHER -> Containers.launcher(List.of(), container, jvmOptions);
                case TOMCAT -> Containers.tomcat(container, jvmOptions);
                case JETTY -> Containers.jetty(container, jvmOptions);
            };
            Deployment deployment = new Deployment(process, config, ports, admin, context);
            deployment.awaitReady();
            return deployment;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * What a container needs to know.
     *
     * @param directory a private place
     * @param config the gateway's configuration
     * @param forwards the ports of the forwards
     * @param admin the port for everything else
     * @param context the context path, empty for the root
     * @param prepare called with the directory before the start
     */
    record Container(
            Path directory, Path config, List<Integer> forwards, int admin, String context, Consumer<Path> prepare) {
        /** The same, prepared in another way. */
        Container with(Consumer<Path> preparation) {
            return new Container(directory, config, forwards, admin, context, preparation);
        }
    }

    /** Where a forward is reached. */
    public URI forward(String name) {
        Integer port = ports.get(name);
        if (port == null) {
            throw new IllegalArgumentException("no forward " + name + ", only " + ports.keySet());
        }
        return port == admin ? admin("/" + name) : URI.create("http://127.0.0.1:" + port + context);
    }

    /** A path of a forward. */
    public URI forward(String name, String path) {
        return URI.create(forward(name) + path);
    }

    /** Where health and metrics are reached. */
    public URI admin() {
        return URI.create("http://127.0.0.1:" + admin + context);
    }

    /** A path of the admin listener. */
    public URI admin(String path) {
        return URI.create(admin() + path);
    }

    /** The file with its configuration. */
    public Path config() {
        return config;
    }

    /** The directory of its files. */
    Path directory() {
        return directory(config);
    }

    /** Writes another configuration with the same forwards in the place of the one it started with. */
    public void reconfigure(Gateway gateway) {
        try {
            Files.writeString(config, gateway.yaml(configured, ports == configured ? admin : Ports.free()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What {@code /metrics} says at the moment. */
    public Metrics metrics() {
        return Metrics.parse(RawClient.exchange(admin("/metrics"), "GET", "Connection: close\r\n", new byte[0])
                .text());
    }

    /**
     * What {@code /metrics} says once no request is in flight. A client may have its whole answer a moment before the gateway has
     * counted it.
     */
    public Metrics metricsAtRest() {
        return Awaitility.await().until(this::metrics, metrics -> metrics.sum("llmproxy_in_flight") == 0);
    }

    /** The process itself. */
    public ServerProcess process() {
        return process;
    }

    /** What the process has written so far. */
    public String log() {
        return process.log();
    }

    /** Whether it says that it is ready. */
    public boolean isReady() {
        try {
            return readiness().status() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    private Answer readiness() {
        return RawClient.exchange(admin("/health/ready"), "GET", "Connection: close\r\n", new byte[0]);
    }

    void awaitReady() {
        long end = System.nanoTime() + START.toNanos();
        String last = "nothing listens";
        while (System.nanoTime() - end < 0) {
            if (process.ended(Duration.ofMillis(50)) || contextFailed()) {
                process.close();
                throw new IllegalStateException("the gateway did not start:\n" + log());
            }
            try {
                Answer answer = readiness();
                if (answer.status() == 200) {
                    return;
                }
                last = answer.toString();
            } catch (UncheckedIOException e) {
                last = String.valueOf(e.getMessage());
            }
        }
        process.close();
        throw new IllegalStateException("not ready within " + START + " (" + last + "):\n" + log());
    }

    /** Whether a container runs on without the web application, as both do when its start fails. */
    private boolean contextFailed() {
        String log = log();
        return log.contains("Failed startup of context") || log.contains("startup failed due to previous errors");
    }

    @Override
    public void close() {
        process.close();
    }
}
