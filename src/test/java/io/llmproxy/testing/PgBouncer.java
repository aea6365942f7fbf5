package io.llmproxy.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.postgresql.Driver;

/** A PgBouncer of the system's package in transaction mode: each transaction of a client may run on another of its two connections. */
public final class PgBouncer implements AutoCloseable {
    private static final Pattern PORT = Pattern.compile("//127\\.0\\.0\\.1:(\\d+)/");

    private final ServerProcess process;
    private final int port;
    private final String database;

    private PgBouncer(ServerProcess process, int port, String database) {
        this.process = process;
        this.port = port;
        this.database = database;
    }

    /** Starts one in front of a database of a {@link PostgresServer}, and waits until it lets clients through. */
    public static PgBouncer start(String database) {
        Matcher matcher = PORT.matcher(database);
        if (!matcher.find()) {
            throw new IllegalArgumentException(database);
        }
        int port = Ports.free();
        try {
            // Like the server, it does not run as root.
            Path directory = Files.createTempDirectory("llmproxy-pgbouncer");
            Path settings =
                    Files.writeString(directory.resolve("pgbouncer.ini"), """
                    [databases]
                    * = host=127.0.0.1 port=%s user=gateway
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = any
                    pool_mode = transaction
                    default_pool_size = 2
                    max_client_conn = 50
                    ignore_startup_parameters = extra_float_digits
                    """.formatted(matcher.group(1), port));
            List<String> command = new ArrayList<>(PostgresServer.asItsUser());
            command.addAll(List.of("/usr/sbin/pgbouncer", settings.toString()));
            PostgresServer.handOver(directory);
            ServerProcess process = ServerProcess.start(Artefacts.workDirectory("pgbouncer"), Map.of(), command);
            PgBouncer bouncer = new PgBouncer(process, port, database);
            bouncer.awaitReady();
            return bouncer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitReady() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .failFast(() -> !process.alive())
                .ignoreExceptionsInstanceOf(SQLException.class)
                .until(() -> {
                    Objects.requireNonNull(new Driver().connect(url(), new Properties()), "its URL")
                            .close();
                    return true;
                });
    }

    /** The URL of the database by way of it. */
    public String url() {
        return PORT.matcher(database).replaceFirst("//127.0.0.1:" + port + "/");
    }

    /** What it has written. */
    public String log() {
        return process.log();
    }

    @Override
    public void close() {
        process.close();
    }
}
