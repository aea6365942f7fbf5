package io.llmproxy.store;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** Writes the lines of a backup: a head, for each table its columns and its rows, and an end with the digest of all before. */
final class BackupWriter implements AutoCloseable {
    static final String MAGIC = "llmproxy-backup";
    static final String FORMAT = "1";
    static final String TABLE = "table";
    static final String ROW = "row";
    static final String END = "end";

    private static final int BUFFER = 64 * 1024;

    private final GZIPOutputStream out;
    private final MessageDigest digest = BackupFile.digest();
    private long rows;

    BackupWriter(OutputStream out) {
        try {
            this.out = new GZIPOutputStream(out, BUFFER);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void head(int tables, String release, String madeAt) {
        write(List.of(MAGIC, FORMAT, Integer.toString(tables), release, madeAt));
    }

    void table(BackupTable table, List<BackupColumn> columns) {
        List<@Nullable String> cells = new ArrayList<>(List.of(TABLE, table.label()));
        columns.forEach(column -> cells.add(column.toString()));
        write(cells);
    }

    void row(List<@Nullable String> values) {
        List<@Nullable String> cells = new ArrayList<>();
        cells.add(ROW);
        cells.addAll(values);
        write(cells);
        rows++;
    }

    /** Writes the end, and returns the digest of all before. */
    String end() {
        String sha256 = HexFormat.of().formatHex(digest.digest());
        write(List.of(END, Long.toString(rows), sha256));
        return sha256;
    }

    private void write(List<@Nullable String> cells) {
        byte[] line = BackupLine.of(cells).getBytes(StandardCharsets.UTF_8);
        digest.update(line);
        try {
            out.write(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
