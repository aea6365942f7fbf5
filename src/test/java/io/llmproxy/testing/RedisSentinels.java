package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** Sentinels of the system's package, which watch a Redis under the name {@code main}. */
public final class RedisSentinels implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);

    private final List<Integer> ports = new ArrayList<>();
    private final List<ServerProcess> processes = new ArrayList<>();

    private RedisSentinels() {}

    /**
     * Starts sentinels.
     *
     * @param master the port of the Redis that is the master
     * @param settings further lines of their configuration
     */
    public static RedisSentinels start(int number, int master, String... settings) {
        RedisSentinels sentinels = new RedisSentinels();
        for (int i = 0; i < number; i++) {
            int port = Ports.free();
            sentinels.ports.add(port);
            sentinels.processes.add(launch(port, master, number / 2 + 1, List.of(settings)));
        }
        return sentinels;
    }

    /** A sentinel writes what it learns into its configuration. */
    private static ServerProcess launch(int port, int master, int quorum, List<String> settings) {
        Path directory = Artefacts.workDirectory("sentinel");
        List<String> lines = new ArrayList<>(List.of(
                "port " + port,
                "bind 127.0.0.1",
                "sentinel monitor main 127.0.0.1 %d %d".formatted(master, quorum),
                "sentinel down-after-milliseconds main 1500",
                "sentinel failover-timeout main 4000"));
        lines.addAll(settings);
        try {
            Path file = Files.write(directory.resolve("sentinel.conf"), lines);
            return ServerProcess.start(
                    directory,
                    Map.of(),
                    List.of("redis-server", file.toAbsolutePath().toString(), "--sentinel"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where they are, as a configuration lists them. */
    public String nodes() {
        return ports.stream().map(port -> "\"127.0.0.1:" + port + '"').collect(Collectors.joining(", ", "[", "]"));
    }

    /** Their ports, on this machine. */
    public List<Integer> ports() {
        return List.copyOf(ports);
    }

    /** Waits until each knows the others and so many replicas that could take over. */
    public void awaitReady(int replicas) {
        for (int port : ports) {
            Awaitility.await()
                    .atMost(START)
                    .ignoreExceptionsInstanceOf(UncheckedIOException.class)
                    .until(() -> {
                        String said = RedisServer.say(port, "SENTINEL MASTER main");
                        return figure(said, "num-slaves") == replicas
                                && figure(said, "num-other-sentinels") == ports.size() - 1
                                && RedisServer.say(port, "SENTINEL CKQUORUM main")
                                        .startsWith("+OK");
                    });
        }
    }

    private static int figure(String said, String name) {
        return Pattern.compile(name + "\\r\\n\\$\\d+\\r\\n(\\d+)")
                .matcher(said)
                .results()
                .map(found -> Integer.parseInt(found.group(1)))
                .findFirst()
                .orElse(-1);
    }

    /** The port of the Redis that is the master. */
    public int master() {
        String said = RedisServer.say(ports.get(0), "SENTINEL GET-MASTER-ADDR-BY-NAME main");
        return Integer.parseInt(said.strip().replaceAll("(?s).*\\s", ""));
    }

    /** Makes a replica the master although the master is well. */
    public void failOver() {
        Awaitility.await()
                .atMost(START)
                .until(() ->
                        RedisServer.say(ports.get(0), "SENTINEL FAILOVER main").startsWith("+OK"));
    }

    /** Ends one of them at once. */
    public void kill(int index) {
        processes.get(index).kill();
    }

    @Override
    public void close() {
        processes.forEach(ServerProcess::close);
    }
}
