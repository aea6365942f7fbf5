package io.llmproxy.store;

import io.llmproxy.config.FollowConfig;
import io.llmproxy.store.StoreException.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Looks at a database of maywzh's llm-proxy for changes. One thread looks; any other may close it. */
public final class MaywzhWatch implements AutoCloseable {
    private final FollowConfig config;
    private volatile @Nullable Connection connection;
    private volatile boolean closed;

    public MaywzhWatch(FollowConfig config) {
        this.config = config;
    }

    /**
     * What it says.
     *
     * @param version counts its changes
     * @param rows what it said then
     */
    public record Seen(long version, MaywzhRows rows) {}

    /** Where it is, without a password. */
    public String name() {
        return Databases.shown(config.url());
    }

    /**
     * Returns what it says, unless nothing has changed.
     *
     * @param known the version that the caller has seen
     * @throws StoreException if it does not answer, or has other tables
     */
    public Optional<Seen> look(long known) {
        Connection kept = connection;
        try {
            return look(kept == null ? opened() : kept, known);
        } catch (SQLException e) {
            drop();
            if (kept == null) {
                throw MaywzhTables.failed(name(), e);
            }
        }
        // A server or a pooler may have closed what was idle.
        try {
            return look(opened(), known);
        } catch (SQLException e) {
            drop();
            throw MaywzhTables.failed(name(), e);
        }
    }

    /**
     * Returns the digests of the credentials that are enabled, also where the tables are not those that are known.
     *
     * @throws StoreException if not even these can be read
     */
    public Set<String> enabled() {
        try {
            Connection kept = connection;
            Connection open = kept == null ? opened() : kept;
            MaywzhTables.begin(open);
            Set<String> digests = MaywzhTables.enabled(open);
            open.rollback();
            return digests;
        } catch (SQLException e) {
            drop();
            throw MaywzhTables.failed(name(), e);
        }
    }

    private Connection opened() throws SQLException {
        Connection opened = MaywzhTables.connect(config.url(), config.user(), config.password());
        connection = opened;
        if (closed) {
            drop();
            throw new StoreException(Kind.AWAY, "this node stops");
        }
        return opened;
    }

    /** The version and the rows are of one moment. */
    private Optional<Seen> look(Connection open, long known) throws SQLException {
        boolean ended = false;
        try {
            MaywzhTables.begin(open);
            long version = version(open);
            Optional<Seen> news =
                    version == known ? Optional.empty() : Optional.of(new Seen(version, MaywzhTables.rows(open)));
            open.rollback();
            ended = true;
            return news;
        } finally {
            if (!ended) {
                drop();
            }
        }
    }

    private long version(Connection open) throws SQLException {
        try (Statement statement = open.createStatement();
                ResultSet row = statement.executeQuery("select version from config_version where id = 1")) {
            if (!row.next()) {
                throw new StoreException(
                        Kind.SCHEMA,
                        name() + ": the table config_version is empty (expected: a row, which counts changes)");
            }
            return row.getLong(1);
        }
    }

    @Override
    public void close() {
        closed = true;
        drop();
    }

    private void drop() {
        Connection open = connection;
        connection = null;
        if (open == null) {
            return;
        }
        try {
            open.close();
        } catch (SQLException e) {
            // It is broken already.
            return;
        }
    }
}
