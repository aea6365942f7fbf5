package io.llmproxy.store;

import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.document.TextFile;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * A file that a backup was written into. It is read whole, and every value in it is looked at, before anything is done with it; and
 * looked at again while that is done.
 */
public final class BackupFile {
    /** Tables of this version and later ones have taken on columns and tables only, so that older rows fit into them. */
    private static final int OLDEST = 7;

    private static final int BUFFER = 64 * 1024;
    private static final int LONGEST = 64 * 1024 * 1024;

    private final Path file;
    private final Backup content;

    private BackupFile(Path file, Backup content) {
        this.file = file;
        this.content = content;
    }

    /** Takes what a backup holds, row by row. */
    interface Rows {
        void begin(BackupTable table, List<BackupColumn> columns) throws SQLException;

        void row(List<@Nullable String> values) throws SQLException;
    }

    /**
     * Reads and checks one whole.
     *
     * @throws ConfigException if it is none, is not whole, or was changed
     */
    public static BackupFile check(Path file) {
        try {
            return new BackupFile(file, read(file, new Checks(file)));
        } catch (SQLException e) {
            throw new IllegalStateException("no database is asked", e);
        }
    }

    /** What it holds. */
    public Backup content() {
        return content;
    }

    /** Its name. */
    public Path path() {
        return file;
    }

    /** Goes through its rows. */
    void read(Rows rows) throws SQLException {
        Backup again = read(file, rows);
        if (!again.sha256().equals(content.sha256())) {
            throw wrong(file, 0, "", "changed while it was read (expected: the same file)");
        }
    }

    private static Backup read(Path file, Rows rows) throws SQLException {
        if (Files.isDirectory(file)) {
            throw wrong(file, 0, "", "a directory (expected: a file of `db backup`)");
        }
        try (InputStream in = new BufferedInputStream(
                new GZIPInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER), BUFFER), BUFFER)) {
            return new Reading(file, in, rows).read();
        } catch (ZipException | EOFException e) {
            throw wrong(file, 0, "", "not a whole file of `db backup` (expected: all that it has written)");
        } catch (IOException e) {
            throw wrong(file, 0, "", TextFile.reason(e));
        }
    }

    static ConfigException wrong(Path file, int line, String path, String message) {
        return new ConfigException(List.of(new Problem(file.toString(), line, path, message)));
    }

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Looks at what the rows say, beyond their form. */
    private static final class Checks implements Rows {
        private final Path file;
        private BackupTable table = BackupTable.CONFIG_VERSION;
        private List<String> names = List.of();

        Checks(Path file) {
            this.file = file;
        }

        @Override
        public void begin(BackupTable begun, List<BackupColumn> columns) {
            table = begun;
            names = columns.stream().map(BackupColumn::name).toList();
        }

        @Override
        public void row(List<@Nullable String> values) {
            if (table == BackupTable.CONFIG_VERSION) {
                String content = value(values, "content");
                String digest = value(values, "sha256");
                if (content == null || !ConfigStore.sha256(content).equals(digest)) {
                    throw wrong(file, 0, "", "v" + value(values, "id") + " was changed (expected: what was committed)");
                }
            }
        }

        private @Nullable String value(List<@Nullable String> values, String name) {
            int index = names.indexOf(name);
            return index < 0 ? null : values.get(index);
        }
    }

    /** One pass through the file. */
    private static final class Reading {
        private final Path file;
        private final InputStream in;
        private final Rows rows;
        private final MessageDigest digest = digest();
        private final Map<BackupTable, Long> counts = new EnumMap<>(BackupTable.class);
        private int line;
        /** The line that was read last, which the digest does not cover yet: that of the end is not covered at all. */
        private byte[] last = {};

        private @Nullable BackupTable table;
        private List<BackupColumn> columns = List.of();
        private long head;
        private @Nullable String keyId;

        Reading(Path file, InputStream in, Rows rows) {
            this.file = file;
            this.in = in;
            this.rows = rows;
        }

        Backup read() throws IOException, SQLException {
            List<@Nullable String> first = next();
            if (first.size() != 5 || !BackupWriter.MAGIC.equals(first.get(0))) {
                throw wrong("no backup of LLMProxy (expected: a file of `db backup`)");
            }
            if (!BackupWriter.FORMAT.equals(first.get(1))) {
                throw wrong("form " + first.get(1) + " of a backup (expected: 1; a newer release may read it)");
            }
            int tables = Integer.parseInt(required(first.get(2), "\\d{1,6}"));
            if (tables < OLDEST || tables > Schema.WANTED) {
                throw wrong("tables of version " + tables + " (expected: " + OLDEST + " to " + Schema.WANTED
                        + "; restore it with the release that made it, " + first.get(3) + ", and update then)");
            }
            Instant madeAt = Instant.parse(required(first.get(4), "[-0-9T:.]{19,40}Z"));
            String sha256 = rest();
            if (in.read() >= 0) {
                throw wrong("more lines after the end (expected: none)");
            }
            return new Backup(tables, String.valueOf(first.get(3)), madeAt, keyId, head, told(tables), sha256);
        }

        /** Reads to the end, and returns the digest of all before it. */
        private String rest() throws IOException, SQLException {
            while (true) {
                List<@Nullable String> cells = next();
                String kind = String.valueOf(cells.get(0));
                switch (kind) {
                    case BackupWriter.TABLE -> begin(cells);
                    case BackupWriter.ROW -> row(cells.subList(1, cells.size()));
                    case BackupWriter.END -> {
                        return end(cells);
                    }
                    default -> throw wrong("no line of a backup (expected: table, row or end)");
                }
            }
        }

        private void begin(List<@Nullable String> cells) throws SQLException {
            String name = cells.size() < 3 ? "" : String.valueOf(cells.get(1));
            BackupTable begun = BackupTable.find(name)
                    .orElseThrow(() -> wrong("table " + name + " (expected: a table of this release)"));
            if (counts.putIfAbsent(begun, 0L) != null) {
                throw wrong("table " + name + " stands there twice (expected: once)");
            }
            columns = new ArrayList<>();
            for (String written : cells.subList(2, cells.size())) {
                BackupColumn column = BackupColumn.parse(String.valueOf(written));
                if (column == null) {
                    throw wrong("column " + written + " (expected: a name and a kind)");
                }
                columns.add(column);
            }
            table = begun;
            rows.begin(begun, List.copyOf(columns));
        }

        private void row(List<@Nullable String> values) throws SQLException {
            BackupTable of = table;
            if (of == null || values.size() != columns.size()) {
                throw wrong("a row of " + values.size() + " values (expected: " + columns.size() + ")");
            }
            for (int i = 0; i < values.size(); i++) {
                String value = values.get(i);
                BackupColumn column = columns.get(i);
                if (value != null && !column.kind().accepts(value)) {
                    throw BackupFile.wrong(
                            file, line, of.label() + "." + column.name(), "no value of the kind " + column);
                }
                note(of, column, value);
            }
            counts.merge(of, 1L, Long::sum);
            rows.row(values);
        }

        private void note(BackupTable of, BackupColumn column, @Nullable String value) {
            if (value != null && of == BackupTable.CONFIG_HEAD && column.name().equals("version_id")) {
                head = Long.parseLong(value);
            } else if (of == BackupTable.SECRET_STATE && column.name().equals("key_id")) {
                keyId = value;
            }
        }

        private String end(List<@Nullable String> cells) {
            String sha256 = HexFormat.of().formatHex(digest.digest());
            long all = counts.values().stream().mapToLong(Long::longValue).sum();
            if (!cells.equals(List.of(BackupWriter.END, Long.toString(all), sha256))) {
                throw wrong("the file was changed, or is not whole (expected: what `db backup` has written)");
            }
            return sha256;
        }

        private Map<String, Long> told(int tables) {
            Map<String, Long> told = new LinkedHashMap<>();
            for (BackupTable one : BackupTable.values()) {
                Long count = counts.get(one);
                if (count == null && tables == Schema.WANTED) {
                    throw wrong("the table " + one.label() + " is missing (expected: all tables)");
                }
                told.put(one.label(), count == null ? 0 : count);
            }
            return told;
        }

        private String required(@Nullable String cell, String form) {
            if (cell == null || !cell.matches(form)) {
                throw wrong("no backup of LLMProxy (expected: a file of `db backup`)");
            }
            return cell;
        }

        private List<@Nullable String> next() throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
            int next = in.read();
            for (; next >= 0 && next != '\n'; next = in.read()) {
                bytes.write(next);
                if (bytes.size() > LONGEST) {
                    throw wrong("a line that is too long (expected: a file of `db backup`)");
                }
            }
            if (next < 0) {
                throw wrong("the file ends before its end (expected: all that `db backup` has written)");
            }
            line++;
            digest.update(last);
            byte[] written = bytes.toByteArray();
            bytes.write('\n');
            last = bytes.toByteArray();
            try {
                return BackupLine.cells(StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(written))
                        .toString());
            } catch (CharacterCodingException e) {
                throw wrong("not UTF-8 (expected: a file of `db backup`)");
            }
        }

        private ConfigException wrong(String message) {
            return BackupFile.wrong(file, line, "", message);
        }
    }
}
