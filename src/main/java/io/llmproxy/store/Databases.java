package io.llmproxy.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.llmproxy.config.Jndi;
import io.llmproxy.config.Secret;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.store.StoreException.Kind;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import javax.naming.NamingException;
import javax.sql.DataSource;
import org.h2.api.ErrorCode;
import org.h2.jdbcx.JdbcDataSource;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the database of a configuration: at its URL, else the container's DataSource, else H2 in the node's directory. */
public final class Databases {
    private static final Logger LOG = LoggerFactory.getLogger(Databases.class);
    private static final String DATA_SOURCE = "jdbc/llmproxy";
    private static final String FILE = "llmproxy";
    private static final String PASSWORD_IN_URL = "(?<=[?&]password=)[^&]*|(?<=//)[^/@]*(?=@)";
    private static final int CONNECTIONS = 3;
    private static final int CONNECT_SECONDS = 2;
    private static final int SOCKET_SECONDS = 10;

    private Databases() {}

    /**
     * Opens it. PostgreSQL need not answer yet.
     *
     * @param config where it is
     * @param directory the node's directory
     * @throws StoreException if H2's files cannot be opened, or the container's database is of another kind
     */
    public static Database open(StoreConfig config, Path directory) {
        String url = config.url();
        if (url != null) {
            return postgres(url, config.user(), config.password());
        }
        DataSource given = container();
        return given == null ? h2(directory) : given(given);
    }

    /**
     * Opens it, but makes no file of H2.
     *
     * @param config where it is
     * @param directory the node's directory
     * @throws StoreException if it is not there, or cannot be opened
     */
    public static Database existing(StoreConfig config, Path directory) {
        if (!isThere(config, directory)) {
            throw new StoreException(
                    Kind.REFUSED,
                    file(directory)
                            + ": no such store (expected: an H2 database; a node or `config import` makes one)");
        }
        return open(config, directory);
    }

    /** Whether there is a database to be opened: one at a URL always is, if it answers. */
    public static boolean isThere(StoreConfig config, Path directory) {
        return config.url() != null || Files.exists(file(directory)) || container() != null;
    }

    /** Whether it is H2's files in the node's directory, which one process uses at a time. */
    public static boolean isFiles(StoreConfig config) {
        return config.url() == null && container() == null;
    }

    /** What is told of H2's files while another process uses them. */
    public static StoreException inUse(Path directory) {
        return new StoreException(Kind.REFUSED, used(directory.toAbsolutePath().resolve(FILE)));
    }

    private static Path file(Path directory) {
        return directory.toAbsolutePath().resolve(FILE + ".mv.db");
    }

    private static Properties settings(@Nullable String user, @Nullable Secret password) {
        Properties settings = new Properties();
        if (user != null) {
            settings.setProperty("user", user);
        }
        if (password != null) {
            settings.setProperty("password", password.reveal());
        }
        settings.setProperty("ApplicationName", "llmproxy");
        settings.setProperty("connectTimeout", Integer.toString(CONNECT_SECONDS));
        settings.setProperty("socketTimeout", Integer.toString(SOCKET_SECONDS));
        // A pooler in front of the database may give each transaction another connection.
        settings.setProperty("prepareThreshold", "0");
        return settings;
    }

    /** Connects once to a database of PostgreSQL. */
    static Connection connect(String url, @Nullable String user, @Nullable Secret password) throws SQLException {
        Driver driver = new org.postgresql.Driver();
        forgetDriver();
        return connect(driver, url, settings(user, password));
    }

    private static Database postgres(String url, @Nullable String user, @Nullable Secret password) {
        Properties settings = settings(user, password);
        Driver driver = new org.postgresql.Driver();
        forgetDriver();
        HikariConfig pool = new HikariConfig();
        pool.setPoolName("llmproxy-store");
        pool.setDataSource(new ConnectionsSource(() -> connect(driver, url, settings)));
        pool.setMaximumPoolSize(CONNECTIONS);
        pool.setMinimumIdle(0);
        pool.setConnectionTimeout(CONNECT_SECONDS * 1000L);
        pool.setValidationTimeout(1000);
        pool.setInitializationFailTimeout(-1);
        HikariDataSource pooled = new HikariDataSource(pool);
        return new Database(
                shown(url),
                new Database.Connections() {
                    @Override
                    public Connection connect() throws SQLException {
                        return pooled.getConnection();
                    }

                    @Override
                    public void close() {
                        pooled.close();
                    }
                },
                false);
    }

    private static Connection connect(Driver driver, String url, Properties settings) throws SQLException {
        Connection connection = driver.connect(url, settings);
        if (connection == null) {
            throw new SQLException(shown(url) + ": not a PostgreSQL URL");
        }
        return connection;
    }

    /** The URL without a password. */
    static String shown(String url) {
        return url.replaceAll(PASSWORD_IN_URL, "***");
    }

    /** The driver registers itself with the JDK, which would keep the application's classes after its end. */
    private static void forgetDriver() {
        try {
            if (org.postgresql.Driver.isRegistered()) {
                org.postgresql.Driver.deregister();
            }
        } catch (SQLException | IllegalStateException e) {
            // Then a container's own driver manager has done it.
            return;
        }
    }

    private static Database h2(Path directory) {
        JdbcDataSource source = new JdbcDataSource();
        Path file = directory.toAbsolutePath().resolve(FILE);
        source.setURL("jdbc:h2:file:" + file.toString().replace(";", "\\;")
                + ";DB_CLOSE_ON_EXIT=FALSE;DB_CLOSE_DELAY=-1;DATABASE_TO_LOWER=TRUE;LOCK_TIMEOUT=5000");
        source.setUser("llmproxy");
        try {
            Files.createDirectories(directory);
            source.getConnection().close();
        } catch (IOException e) {
            throw new StoreException(Kind.REFUSED, directory + ": cannot be created: " + e.getMessage(), e);
        } catch (SQLException e) {
            throw unopened(file, directory, e);
        }
        return new Database(
                file.toString(),
                new Database.Connections() {
                    @Override
                    public Connection connect() throws SQLException {
                        return source.getConnection();
                    }

                    @Override
                    public void close() {
                        shutDown(source);
                    }
                },
                true);
    }

    /** What is told of a file that H2 does not open: only a damaged one may be put aside. */
    static StoreException unopened(Path file, Path directory, SQLException e) {
        if (e.getErrorCode() == ErrorCode.DATABASE_ALREADY_OPEN_1) {
            return new StoreException(Kind.REFUSED, used(file), e);
        }
        boolean writable = Files.isWritable(file(directory));
        if (writable && (isDamage(e) || isNonsense(e))) {
            return damaged(file.toString(), e);
        }
        // Such as for want of space or of file descriptors: that may end.
        Kind kind = writable && isOfSystem(e) ? Kind.AWAY : Kind.REFUSED;
        return new StoreException(kind, file + ": the H2 database cannot be opened: " + Database.reason(e), e);
    }

    /** Whether H2 has stumbled over what it has read: it checks less than all of a file. */
    private static boolean isNonsense(SQLException e) {
        return e.getErrorCode() == ErrorCode.GENERAL_ERROR_1
                && e.getCause() instanceof RuntimeException
                && !isOfSystem(e);
    }

    private static boolean isOfSystem(SQLException e) {
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException) {
                return true;
            }
        }
        return false;
    }

    /** Whether the files of H2 are not what it has written. */
    static boolean isDamage(SQLException e) {
        int code = e.getErrorCode();
        if (code == ErrorCode.FILE_CORRUPTED_1 || code == ErrorCode.FILE_VERSION_ERROR_1) {
            return true;
        }
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof MVStoreException broken) {
                int kind = broken.getErrorCode();
                return kind == DataUtils.ERROR_FILE_CORRUPT
                        || kind == DataUtils.ERROR_CHUNK_NOT_FOUND
                        || kind == DataUtils.ERROR_BLOCK_NOT_FOUND
                        || kind == DataUtils.ERROR_UNSUPPORTED_FORMAT
                        || (kind == DataUtils.ERROR_READING_FAILED && broken.getCause() instanceof EOFException);
            }
        }
        return false;
    }

    /** What is told of damaged files. */
    static StoreException damaged(String name, SQLException e) {
        return new StoreException(
                Kind.DAMAGED,
                name + ": the H2 database is damaged: " + Database.reason(e)
                        + " (expected: `db restore BACKUP --replace`, which puts the damaged file aside; without a backup,"
                        + " put it aside and `config import FILE`)",
                e);
    }

    /**
     * Puts damaged files of H2 aside, so that others can be made in their place.
     *
     * @return where they are now
     * @throws StoreException if that is not possible
     */
    public static Path putAside(Path directory) {
        Path file = file(directory);
        Path aside = file.resolveSibling(file.getFileName() + ".damaged-1");
        for (int number = 2; Files.exists(aside); number++) {
            aside = file.resolveSibling(file.getFileName() + ".damaged-" + number);
        }
        try {
            return Files.move(file, aside);
        } catch (IOException e) {
            throw new StoreException(Kind.REFUSED, file + ": cannot be put aside: " + e, e);
        }
    }

    private static String used(Path file) {
        return file + ": another process uses this store (expected: stop it first; several nodes need PostgreSQL)";
    }

    private static void shutDown(DataSource source) {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SHUTDOWN");
        } catch (SQLException e) {
            // What was acknowledged has been written already.
            return;
        } finally {
            org.h2.Driver.unload();
        }
    }

    private static @Nullable DataSource container() {
        try {
            return Jndi.find(DATA_SOURCE) instanceof DataSource source ? source : null;
        } catch (NamingException e) {
            LOG.debug("no DataSource {}", DATA_SOURCE, e);
            return null;
        }
    }

    private static Database given(DataSource source) {
        try (Connection connection = source.getConnection()) {
            String product = connection.getMetaData().getDatabaseProductName();
            if (!product.equals("PostgreSQL")) {
                String message =
                        "the DataSource " + DATA_SOURCE + " is a database of " + product + " (expected: PostgreSQL)";
                throw new StoreException(Kind.REFUSED, message);
            }
        } catch (SQLException e) {
            // Not there yet: it may come.
            return container(source);
        }
        return container(source);
    }

    private static Database container(DataSource source) {
        return new Database(
                "DataSource " + DATA_SOURCE,
                new Database.Connections() {
                    @Override
                    public Connection connect() throws SQLException {
                        return source.getConnection();
                    }

                    @Override
                    public void close() {
                        // The container's.
                    }
                },
                false);
    }
}
