package io.llmproxy.store;

import io.llmproxy.store.StoreException.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** The tables, and the migrations that made them. Flyway is loaded only if there is something to migrate. */
public final class Schema {
    /** The version of the tables that this release was written for. */
    public static final int WANTED = 12;

    /** Name of the schema, also in the scripts. */
    private static final String NAME = "llmproxy";

    private static final String HISTORY = "schema_history";

    private final Database database;

    public Schema(Database database) {
        this.database = database;
    }

    /** The version of the tables as they are; 0 if there are none. */
    public int version() {
        return database.read(Schema::version);
    }

    private static int version(Connection connection) throws SQLException {
        try (ResultSet tables = connection.getMetaData().getTables(null, NAME, HISTORY, null)) {
            if (!tables.next()) {
                return 0;
            }
        }
        try (PreparedStatement select = connection.prepareStatement("select max(cast(version as integer)) from " + NAME
                        + "." + HISTORY + " where success and version is not null");
                ResultSet row = select.executeQuery()) {
            return row.next() ? row.getInt(1) : 0;
        }
    }

    /**
     * Makes or changes the tables. Several nodes may do so at once: one does, the others wait for it.
     *
     * @return the version of the tables afterwards
     */
    public int migrate() {
        int before = version();
        if (before >= WANTED) {
            return before;
        }
        try {
            Flyway.configure(Schema.class.getClassLoader())
                    .dataSource(new ConnectionsSource(database::connect))
                    .defaultSchema(NAME)
                    .createSchemas(true)
                    .table(HISTORY)
                    .locations("classpath:io/llmproxy/store/migration")
                    .failOnMissingLocations(true)
                    .connectRetries(0)
                    .loggers("slf4j")
                    .load()
                    .migrate();
            // Flyway tells the last step that was made here; another node may have made further ones.
            return version();
        } catch (FlywayException e) {
            if (e.getCause() instanceof SQLException failed) {
                throw database.failed(failed);
            }
            throw new StoreException(
                    Kind.SCHEMA, "the tables of " + database.name() + " cannot be migrated: " + e.getMessage(), e);
        }
    }

    /**
     * Checks that this release can use the tables as they are: those of its own, and those of the next release.
     *
     * @throws StoreException if it cannot
     */
    public void check() {
        int version = version();
        if (version < WANTED || version > WANTED + 1) {
            String expected = version < WANTED
                    ? WANTED + "; run `java -jar llmproxy.jar db migrate`"
                    : WANTED + " or " + (WANTED + 1) + "; run a newer release of LLMProxy";
            throw new StoreException(
                    Kind.SCHEMA,
                    "the tables of " + database.name() + " are of version " + version + " (expected: " + expected
                            + ")");
        }
    }
}
