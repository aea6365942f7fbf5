package io.llmproxy.store;

import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.store.StoreException.Kind;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Backups of a store, in files that do not depend on the kind of its database. Secrets stay as they are encrypted, keys and passwords are
 * digests; the key of the secrets is not in a backup.
 */
public final class StoreBackup {
    private static final int ROWS = 500;
    private static final List<BackupTable> EMPTY_IN_A_NEW_STORE = List.of(
            BackupTable.CONFIG_VERSION,
            BackupTable.SECRET,
            BackupTable.CLIENT_KEY,
            BackupTable.COMPAT_NUMBER,
            BackupTable.ADMIN_USER,
            BackupTable.API_TOKEN,
            BackupTable.AUDIT);

    private final Database database;

    public StoreBackup(Database database) {
        this.database = database;
    }

    /**
     * Writes a backup into a file that is not there yet, which its owner only can read. The store may be in use: the backup shows it as it
     * was at one moment.
     *
     * @param release of LLMProxy that writes
     * @throws IOException if the file is there already, or cannot be written; it is not there then
     */
    public Backup write(Path file, String release) throws IOException {
        if (Files.exists(file)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        // Of its own, as another backup may be on its way to the same name.
        Path part = Files.createTempFile(
                file.toAbsolutePath().getParent(),
                file.getFileName() + ".",
                ".part",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
            // Not closed by who writes to it, as it has to be on the disk before it has its name.
            Backup written = write(new Unclosed(Channels.newOutputStream(channel)), release);
            channel.force(true);
            publish(part, file);
            return written;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** Gives it the name of the file at once, unless there is one by now. */
    private static void publish(Path part, Path file) throws IOException {
        try {
            Files.createLink(file, part);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (IOException | UnsupportedOperationException e) {
            // A file system without links.
            if (Files.exists(file)) {
                throw new FileAlreadyExistsException(file.toString());
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static final class Unclosed extends FilterOutputStream {
        Unclosed(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int start, int length) throws IOException {
            out.write(bytes, start, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }

    /**
     * Writes a backup.
     *
     * @param out is closed
     * @param release of LLMProxy that writes
     */
    public Backup write(OutputStream out, String release) {
        int tables = new Schema(database).version();
        return database.snapshot(connection -> {
            Instant now = now(connection);
            try (BackupWriter writer = new BackupWriter(out)) {
                writer.head(tables, release, now.toString());
                Map<String, Long> rows = new LinkedHashMap<>();
                for (BackupTable table : BackupTable.values()) {
                    rows.put(table.label(), write(connection, table, writer));
                }
                return new Backup(
                        tables,
                        release,
                        now,
                        text(connection, "select key_id from llmproxy.secret_state where scope = 'main'"),
                        number(connection, "select version_id from llmproxy.config_head where scope = 'main'"),
                        rows,
                        writer.end());
            }
        });
    }

    private static long write(Connection connection, BackupTable table, BackupWriter writer) throws SQLException {
        long count = 0;
        try (PreparedStatement select =
                connection.prepareStatement("select * from llmproxy." + table.label() + " order by 1, 2")) {
            select.setFetchSize(ROWS);
            try (ResultSet row = select.executeQuery()) {
                List<BackupColumn> columns = columns(row.getMetaData());
                writer.table(table, columns);
                for (; row.next(); count++) {
                    List<@Nullable String> values = new ArrayList<>();
                    for (int i = 0; i < columns.size(); i++) {
                        values.add(columns.get(i).kind().of(row, i + 1));
                    }
                    writer.row(values);
                }
            }
        }
        return count;
    }

    /** By the database's clock, as everything in the store. */
    private static Instant now(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                        "select current_timestamp from llmproxy.config_head where scope = 'main'");
                ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                throw new SQLException("the table config_head is empty");
            }
            return Rows.instant(row, 1).truncatedTo(ChronoUnit.SECONDS);
        }
    }

    private static List<BackupColumn> columns(ResultSetMetaData described) throws SQLException {
        List<BackupColumn> columns = new ArrayList<>();
        for (int i = 1; i <= described.getColumnCount(); i++) {
            columns.add(BackupColumn.of(described, i));
        }
        return columns;
    }

    /**
     * Puts what a backup holds into the store: all of it, or nothing.
     *
     * @param replace whether what the store holds gives way; else it must hold nothing
     * @param dry whether everything is done but the change
     * @param note what the audit is to say of it
     * @throws StoreException if the store holds something
     * @throws ConfigException if the backup contradicts itself
     */
    public void restore(BackupFile file, boolean replace, boolean dry, AuditNote note) {
        try {
            var unused = database.write(connection -> {
                lock(connection);
                if (!replace) {
                    requireEmpty(connection);
                }
                long revision = number(connection, "select revision from llmproxy.secret_state where scope = 'main'");
                clear(connection);
                Insertion insertion = new Insertion(connection, file);
                file.read(insertion);
                insertion.insert();
                change(connection, revision);
                check(connection, file);
                AuditTable.append(connection, note);
                if (dry) {
                    throw new DryRun();
                }
                return file.content().head();
            });
        } catch (DryRun e) {
            // Everything went well, and was taken back.
            return;
        }
    }

    /** Ends a transaction that was only tried. */
    private static final class DryRun extends RuntimeException {
        private static final long serialVersionUID = 1L;

        DryRun() {
            super("a dry run", null, false, false);
        }
    }

    /** In the order in which a commit and a change of keys take their locks. */
    private static void lock(Connection connection) throws SQLException {
        for (String row : List.of(
                "change_counter where name = 'keys'",
                "config_head where scope = 'main'",
                "secret_state where scope = 'main'",
                "audit_end where scope = 'main'")) {
            try (PreparedStatement select =
                            connection.prepareStatement("select 1 from llmproxy." + row + " for update");
                    ResultSet locked = select.executeQuery()) {
                if (!locked.next()) {
                    throw new SQLException("a row is missing: " + row);
                }
            }
        }
    }

    private void requireEmpty(Connection connection) throws SQLException {
        List<String> full = new ArrayList<>();
        for (BackupTable table : EMPTY_IN_A_NEW_STORE) {
            long rows = number(connection, "select count(*) from llmproxy." + table.label());
            if (rows > 0) {
                full.add(table.label() + " " + rows);
            }
        }
        if (!full.isEmpty()) {
            throw new StoreException(
                    Kind.REFUSED,
                    "the store " + database.name() + " is not empty: rows in " + String.join(", ", full)
                            + " (expected: an empty store, or --replace); nothing was changed");
        }
    }

    private static void clear(Connection connection) throws SQLException {
        for (BackupTable table : BackupTable.values()) {
            if (table.key() == null) {
                run(connection, "delete from llmproxy." + table.label());
            }
        }
        // Who has signed in may not be among those of the backup.
        run(connection, "delete from llmproxy.admin_session");
    }

    /** Nodes that have followed this store before see that everything may be different. */
    private static void change(Connection connection, long revision) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("update llmproxy.change_counter set epoch = ? where name = 'keys'")) {
            update.setString(1, UUID.randomUUID().toString());
            update.executeUpdate();
        }
        run(connection, "update llmproxy.secret_state set revision = revision + " + (revision + 1));
    }

    private static void check(Connection connection, BackupFile file) throws SQLException {
        long head = file.content().head();
        if (head != 0 && number(connection, "select count(*) from llmproxy.config_version where id = " + head) != 1) {
            throw wrong(file, "the head is v" + head + ", which is missing (expected: a version that is there)");
        }
        AuditTable.Verdict verdict = AuditTable.verify(connection, Map.of());
        if (verdict.problem() != null) {
            throw wrong(file, "the audit is not intact: " + verdict.problem());
        }
    }

    private static ConfigException wrong(BackupFile file, String message) {
        return BackupFile.wrong(file.path(), 0, "", message);
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.executeUpdate();
        }
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql);
                ResultSet row = select.executeQuery()) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    private static @Nullable String text(Connection connection, String sql) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql);
                ResultSet row = select.executeQuery()) {
            return row.next() ? row.getString(1) : null;
        }
    }

    /** Puts rows into tables, some at a time. */
    private static final class Insertion implements BackupFile.Rows {
        private final Connection connection;
        private final BackupFile file;
        private BackupTable table = BackupTable.CONFIG_VERSION;
        private List<BackupColumn> columns = List.of();
        private final List<List<@Nullable String>> waiting = new ArrayList<>();

        Insertion(Connection connection, BackupFile file) {
            this.connection = connection;
            this.file = file;
        }

        @Override
        public void begin(BackupTable begun, List<BackupColumn> found) throws SQLException {
            insert();
            table = begun;
            columns = found;
            Set<String> there = new HashSet<>();
            try (PreparedStatement select =
                            connection.prepareStatement("select * from llmproxy." + begun.label() + " where 1 = 0");
                    ResultSet none = select.executeQuery()) {
                columns(none.getMetaData()).forEach(column -> there.add(column.name()));
            }
            for (BackupColumn column : found) {
                if (!there.contains(column.name())) {
                    throw wrong(file, begun.label() + "." + column.name() + ": no such column in these tables");
                }
            }
        }

        @Override
        public void row(List<@Nullable String> values) throws SQLException {
            waiting.add(new ArrayList<>(values));
            if (waiting.size() == ROWS) {
                insert();
            }
        }

        /** Puts in those that wait; the last of a table when the next one begins, or nothing more comes. */
        void insert() throws SQLException {
            if (waiting.isEmpty()) {
                return;
            }
            forget();
            String names = columns.stream().map(BackupColumn::name).collect(Collectors.joining(", "));
            String marks = columns.stream().map(column -> "?").collect(Collectors.joining(", "));
            try (PreparedStatement insert = connection.prepareStatement(
                    "insert into llmproxy." + table.label() + " (" + names + ") values (" + marks + ")")) {
                for (List<@Nullable String> values : waiting) {
                    for (int i = 0; i < columns.size(); i++) {
                        columns.get(i).set(insert, i + 1, values.get(i));
                    }
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            waiting.clear();
        }

        /** New tables have some rows from the beginning. */
        private void forget() throws SQLException {
            int key = columns.stream().map(BackupColumn::name).toList().indexOf(table.key());
            if (key < 0) {
                return;
            }
            try (PreparedStatement delete = connection.prepareStatement(
                    "delete from llmproxy." + table.label() + " where " + table.key() + " = ?")) {
                for (List<@Nullable String> values : waiting) {
                    columns.get(key).set(delete, 1, values.get(key));
                    delete.addBatch();
                }
                delete.executeBatch();
            }
        }
    }
}
