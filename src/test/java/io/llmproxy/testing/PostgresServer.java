package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.postgresql.Driver;

/** A PostgreSQL of the system's package, with data of its own. It refuses to run as root, so that root runs it as its own user. */
public final class PostgresServer implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Path PACKAGES = Path.of("/usr/lib/postgresql");
    private static final String USER = "gateway";
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private final Path directory;
    private final int port;
    private ServerProcess process;

    private PostgresServer(Path directory, int port, ServerProcess process) {
        this.directory = directory;
        this.port = port;
        this.process = process;
    }

    /** Makes and starts one on a free port, and waits until it answers. */
    public static PostgresServer start() {
        try {
            // Not below the build's directory, which another user may have no way to.
            Path directory = Files.createTempDirectory("llmproxy-postgres");
            handOver(directory);
            run(
                    as(List.of(program("initdb"), "-D", directory + "/data", "-U", USER, "-A", "trust", "--no-sync")),
                    true);
            int port = Ports.free();
            PostgresServer server = new PostgresServer(directory, port, launch(directory, port));
            server.awaitReady();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives a directory and what is in it to the user that its processes run as. */
    static void handOver(Path directory) throws IOException {
        run(List.of("chown", "-R", owner(), directory.toString()), isRoot());
    }

    /** What stands before a command that is to run as its user. */
    static List<String> asItsUser() {
        return as(List.of());
    }

    private static ServerProcess launch(Path directory, int port) {
        List<String> command = as(List.of(
                program("postgres"),
                "-D",
                directory + "/data",
                "-p",
                Integer.toString(port),
                "-k",
                directory.toString(),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "fsync=off",
                "-c",
                "max_connections=50"));
        return ServerProcess.start(Artefacts.workDirectory("postgres"), Map.of(), command);
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** The package's user; where there is none, the one who owns nothing. */
    private static String owner() throws IOException {
        boolean known =
                Files.readAllLines(Path.of("/etc/passwd")).stream().anyMatch(line -> line.startsWith("postgres:"));
        return known ? "postgres" : "nobody";
    }

    private static List<String> as(List<String> command) {
        if (!isRoot()) {
            return command;
        }
        try {
            List<String> whole = new ArrayList<>(List.of("setpriv", "--reuid=" + owner(), "--clear-groups"));
            whole.add("--regid=" + (owner().equals("postgres") ? "postgres" : "nogroup"));
            whole.addAll(command);
            return whole;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String program(String name) {
        try (Stream<Path> versions = Files.list(PACKAGES)) {
            return versions.map(version -> version.resolve("bin").resolve(name))
                    .filter(Files::isExecutable)
                    .max(Comparator.naturalOrder())
                    .orElseThrow()
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "no PostgreSQL (expected: the package postgresql, as .ci/run installs it)", e);
        }
    }

    private static void run(List<String> command, boolean wanted) throws IOException {
        if (!wanted) {
            return;
        }
        Process process = new ProcessBuilder(command)
                .directory(Path.of("/").toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(command + ": " + output);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void awaitReady() {
        Awaitility.await()
                .atMost(START)
                .failFast(() -> !process.alive())
                .ignoreExceptions()
                .until(() -> {
                    connect("postgres").close();
                    return true;
                });
    }

    private Connection connect(String database) throws SQLException {
        // Not of the driver manager: a store takes the driver away from it.
        return Objects.requireNonNull(new Driver().connect(url(database), new Properties()), "its URL");
    }

    private String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=" + USER;
    }

    /** Makes an empty database, and returns its URL. */
    public String database() {
        String name = "llmproxy" + DATABASES.incrementAndGet();
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return url(name);
    }

    /** Changes a database, given by its URL, as a failover to a replica that has not all of it may. */
    public void change(String database, String sql) {
        String name = database.replaceAll(".*/|[?].*", "");
        try (Connection connection = connect(name);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Ends it without asking. */
    public void kill() {
        // The processes that it has begun notice by themselves.
        process.kill();
        process.exitCode(START);
    }

    /** Starts it again with the data that it had. */
    public void again() {
        Awaitility.await().atMost(START).ignoreExceptions().until(() -> {
            // While processes of the one before are left, it refuses to start.
            process = launch(directory, port);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .failFast(() -> !process.alive())
                    .ignoreExceptionsInstanceOf(SQLException.class)
                    .until(() -> {
                        connect("postgres").close();
                        return true;
                    });
            return true;
        });
    }

    @Override
    public void close() {
        process.signal("QUIT");
        process.close();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
