package io.llmproxy.store;

import io.llmproxy.config.Secret;
import io.llmproxy.store.StoreException.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The tables of maywzh's llm-proxy, which are only read. */
public final class MaywzhTables {
    private static final int OLDEST = 2;
    private static final int NEWEST = 8;
    private static final String NO_TABLE = "42P01";

    /** What begins the states of statements that this database does not take: other columns, or no right to read. */
    private static final String NOT_TAKEN = "42";

    private MaywzhTables() {}

    /**
     * Reads what they say at one moment.
     *
     * @param url JDBC URL of the PostgreSQL database
     * @param user who may read the tables; null if the URL says so
     * @param password of the user
     * @throws StoreException if the database does not answer, or has other tables
     */
    public static MaywzhRows read(String url, @Nullable String user, @Nullable Secret password) {
        try (Connection connection = connect(url, user, password)) {
            begin(connection);
            MaywzhRows rows = rows(connection);
            connection.rollback();
            return rows;
        } catch (SQLException e) {
            throw failed(Databases.shown(url), e);
        }
    }

    /** Connects; each transaction has to {@link #begin}. */
    static Connection connect(String url, @Nullable String user, @Nullable Secret password) throws SQLException {
        Connection connection = Databases.connect(url, user, password);
        boolean usable = false;
        try {
            connection.setAutoCommit(false);
            usable = true;
            return connection;
        } finally {
            if (!usable) {
                connection.close();
            }
        }
    }

    /**
     * Begins a transaction that sees one moment, and can change nothing. It says so itself: what is said to a session reaches others
     * behind a pooler that gives its connections from transaction to transaction.
     */
    static void begin(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("set transaction isolation level repeatable read, read only");
        }
    }

    static MaywzhRows rows(Connection connection) throws SQLException {
        checkVersion(connection);
        return new MaywzhRows(providers(connection), credentials(connection));
    }

    static StoreException failed(String name, SQLException e) {
        String state = String.valueOf(e.getSQLState());
        if (state.equals(NO_TABLE)) {
            return new StoreException(
                    Kind.SCHEMA, name + ": not a database of maywzh's llm-proxy: " + Database.reason(e), e);
        }
        return state.startsWith(NOT_TAKEN)
                ? new StoreException(Kind.SCHEMA, name + " cannot be read: " + Database.reason(e), e)
                : new StoreException(Kind.AWAY, name + " does not answer: " + Database.reason(e), e);
    }

    /** Returns the digests of the credentials that are enabled, whatever becomes of the other tables. */
    static Set<String> enabled(Connection connection) throws SQLException {
        Set<String> digests = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select credential_key from credentials where is_enabled")) {
            while (row.next()) {
                digests.add(row.getString(1));
            }
        }
        return digests;
    }

    private static void checkVersion(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select version, dirty from schema_migrations")) {
            int version = row.next() ? row.getInt(1) : 0;
            if (version < OLDEST || version > NEWEST || row.getBoolean(2)) {
                throw new StoreException(
                        Kind.SCHEMA,
                        "the tables of maywzh's llm-proxy are of version " + version
                                + (version > 0 && row.getBoolean(2) ? ", half migrated" : "") + " (expected: " + OLDEST
                                + " to " + NEWEST + ", migrated by that system's own command)");
            }
        }
    }

    private static List<MaywzhRows.Provider> providers(Connection connection) throws SQLException {
        List<MaywzhRows.Provider> providers = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select * from providers order by id")) {
            Set<String> columns = columns(row.getMetaData());
            while (row.next()) {
                providers.add(new MaywzhRows.Provider(
                        row.getString("provider_key"),
                        row.getString("provider_type"),
                        row.getString("api_base"),
                        new Secret(row.getString("api_key")),
                        row.getString("model_mapping"),
                        columns.contains("weight") ? row.getInt("weight") : 1,
                        row.getBoolean("is_enabled"),
                        columns.contains("provider_params") ? row.getString("provider_params") : "{}"));
            }
        }
        return providers;
    }

    private static List<MaywzhRows.Credential> credentials(Connection connection) throws SQLException {
        List<MaywzhRows.Credential> credentials = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select * from credentials order by id")) {
            while (row.next()) {
                int limit = row.getInt("rate_limit");
                @Nullable Integer perSecond = row.wasNull() ? null : limit;
                credentials.add(new MaywzhRows.Credential(
                        row.getLong("id"),
                        row.getString("credential_key"),
                        row.getString("name"),
                        row.getString("allowed_models"),
                        perSecond,
                        row.getBoolean("is_enabled")));
            }
        }
        return credentials;
    }

    /** Older versions have fewer. */
    private static Set<String> columns(ResultSetMetaData table) throws SQLException {
        Set<String> columns = new HashSet<>();
        for (int column = 1; column <= table.getColumnCount(); column++) {
            columns.add(table.getColumnName(column).toLowerCase(Locale.ROOT));
        }
        return columns;
    }
}
