package io.llmproxy.store;

import io.llmproxy.config.Secret;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.StoreConfig.Migrate;
import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.testing.PostgresServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Databases of either kind for a test, closed after it. */
final class StoreWorld implements AutoCloseable {
    private static @Nullable PostgresServer shared;

    private final Path directory;
    private final Deque<Database> opened = new ArrayDeque<>();
    private @Nullable String url;

    /** What a store can be kept in. */
    enum Kind {
        H2,
        POSTGRESQL
    }

    StoreWorld(Path directory) {
        this.directory = directory;
    }

    /** One server for all tests of the process: it ends with that. */
    static PostgresServer postgres() {
        PostgresServer server = shared;
        if (server == null) {
            server = PostgresServer.start();
            Runtime.getRuntime().addShutdownHook(new Thread(server::close));
            shared = server;
        }
        return server;
    }

    static StoreConfig config(@Nullable String url) {
        return new StoreConfig(
                url,
                null,
                new Secret("any"),
                null,
                null,
                Duration.ofSeconds(2),
                Duration.ofSeconds(3),
                Migrate.AUTO,
                null,
                List.of(),
                null,
                Duration.ofSeconds(60),
                Duration.ofDays(400),
                null);
    }

    /** An empty database. */
    Database empty(Kind kind) {
        url = kind == Kind.H2 ? null : postgres().database();
        return again();
    }

    /** The same database once more, as after a restart. */
    Database again() {
        Database database = Databases.open(config(url), directory);
        opened.push(database);
        return database;
    }

    /** A database with tables. */
    Database migrated(Kind kind) {
        Database database = empty(kind);
        new Schema(database).migrate();
        return database;
    }

    static Draft draft(String content) {
        return Draft.plain(content, "ann", "a test", Origin.IMPORT, "1.0", null, null);
    }

    static Draft unconfirmed(String content, Duration within) {
        return Draft.plain(content, "ann", "a test", Origin.IMPORT, "1.0", null, within);
    }

    @Override
    public void close() {
        opened.forEach(Database::close);
    }
}
