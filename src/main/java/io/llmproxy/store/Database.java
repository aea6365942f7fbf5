package io.llmproxy.store;

import io.llmproxy.store.StoreException.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** A database of ours, and how its connections are had. What is done with them may wait: never call it for a request. */
public final class Database implements AutoCloseable {
    /** Classes of SQLSTATE. */
    private static final String DATA = "22";

    private static final String INTEGRITY = "23";
    private final String name;
    private final Connections connections;
    private final boolean embedded;

    /** Where connections come from. */
    interface Connections extends AutoCloseable {
        Connection connect() throws SQLException;

        @Override
        void close();
    }

    /** What is done with a connection. */
    interface Work<T, E extends Exception> {
        T with(Connection connection) throws SQLException, E;
    }

    /**
     * @param name what messages call it; holds no secret
     * @param connections where connections come from
     * @param embedded whether it is H2 in this process
     */
    Database(String name, Connections connections, boolean embedded) {
        this.name = name;
        this.connections = connections;
        this.embedded = embedded;
    }

    /** What messages call it. */
    public String name() {
        return name;
    }

    /** Whether it is H2, which one process at a time opens. */
    public boolean isEmbedded() {
        return embedded;
    }

    /** What time it is there, which is the same for all nodes. */
    static OffsetDateTime now(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                        "select current_timestamp from llmproxy.config_head where scope = 'main'");
                ResultSet row = select.executeQuery()) {
            row.next();
            return row.getObject(1, OffsetDateTime.class);
        }
    }

    Connection connect() throws SQLException {
        return connections.connect();
    }

    /** Reads: each statement by itself. */
    <T, E extends Exception> T read(Work<T, E> work) throws E {
        try (Connection connection = connect()) {
            return work.with(connection);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** Reads everything as it is at one moment, even if others write meanwhile. */
    <T, E extends Exception> T snapshot(Work<T, E> work) throws E {
        try (Connection connection = connect()) {
            connection.setAutoCommit(false);
            try {
                isolate(connection);
                return work.with(connection);
            } finally {
                rollBack(connection);
                restore(connection);
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** For this transaction only: a pooler in front of the database gives the connection to others then. */
    private void isolate(Connection connection) throws SQLException {
        if (embedded) {
            // The only level at which H2 looks at all tables at once. The connection is closed afterwards.
            connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
            return;
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute("set transaction isolation level repeatable read, read only");
        }
    }

    /**
     * Writes: all of it, or nothing. What was written survives the end of the process, however sudden, once this returns.
     *
     * @throws StoreException if the database refuses or does not answer; the outcome may be unknown then
     */
    <T, E extends Exception> T write(Work<T, E> work) throws E {
        Connection connection = begun();
        boolean done = false;
        try {
            T result = work.with(connection);
            commit(connection);
            done = true;
            return result;
        } catch (SQLException e) {
            throw failed(e);
        } finally {
            if (!done) {
                rollBack(connection);
            }
            restore(connection);
            close(connection);
        }
    }

    private Connection begun() {
        try {
            Connection connection = connect();
            try {
                connection.setAutoCommit(false);
            } catch (SQLException e) {
                close(connection);
                throw e;
            }
            return connection;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private void commit(Connection connection) {
        try {
            connection.commit();
            sync(connection);
        } catch (SQLException e) {
            String message = "the store " + name
                    + " broke off in a commit, which may be stored or not (look at it before you try again): "
                    + reason(e);
            throw new StoreException(Kind.OUTCOME_UNKNOWN, message, e);
        }
    }

    /** H2 writes commits out with a delay. */
    private void sync(Connection connection) throws SQLException {
        if (embedded) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("CHECKPOINT SYNC");
            }
        }
    }

    private static void rollBack(Connection connection) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            // The connection is broken, so the database rolls back.
            return;
        }
    }

    /** What was committed is stored, whatever becomes of the connection. */
    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            return;
        }
    }

    private static void restore(Connection connection) {
        try {
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            // The connection is broken, so the pool throws it away.
            return;
        }
    }

    StoreException failed(SQLException e) {
        if (embedded && Databases.isDamage(e)) {
            return Databases.damaged(name, e);
        }
        String state = e.getSQLState();
        if (state != null && state.startsWith(INTEGRITY)) {
            return new StoreException(Kind.CONFLICT, "the store " + name + " has it already: " + reason(e), e);
        }
        if (state != null && state.startsWith(DATA)) {
            return new StoreException(Kind.INVALID, "the store " + name + " cannot keep a value: " + reason(e), e);
        }
        return new StoreException(Kind.AWAY, "the store " + name + " does not answer: " + reason(e), e);
    }

    /** The first line, without what a driver adds to it. */
    static String reason(SQLException e) {
        Throwable last = e;
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            last = cause;
        }
        @Nullable String message = last.getMessage();
        if (message == null || message.isBlank()) {
            return last.getClass().getSimpleName();
        }
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    @Override
    public void close() {
        connections.close();
    }
}
