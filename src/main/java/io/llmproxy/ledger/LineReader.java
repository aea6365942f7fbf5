package io.llmproxy.ledger;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonException;
import io.llmproxy.convert.json.JsonReader;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** Reads the lines of one file. A line counts only if it has its end and its checksum fits. */
final class LineReader implements Closeable {
    private static final byte[] BEFORE_CHECKSUM = ",\"crc\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final int TAIL = BEFORE_CHECKSUM.length + 8 + 2;
    private static final int BUFFER = 1 << 16;

    private final InputStream input;
    private final CRC32C checksum = new CRC32C();
    private final byte[] line = new byte[LedgerLine.LONGEST];
    private int length;
    private long offset;
    private long number;

    /** What a line is. */
    enum State {
        /** It is whole. */
        GOOD,
        /** It has its end, but its checksum does not fit, or it is too long or no JSON. */
        DAMAGED,
        /** It has no end: the file stops in its middle. */
        TORN
    }

    /**
     * A line.
     *
     * @param state what it is
     * @param number which of the file's lines it is, from 1
     * @param offset where it begins in the file
     * @param json what it says; empty unless it is whole
     */
    record Line(State state, long number, long offset, Json.Obj json) {
        String type() {
            return json.string("t", "");
        }

        String id() {
            return json.string("id", "");
        }
    }

    private LineReader(InputStream input) {
        this.input = input;
    }

    /**
     * Opens a file, also one that is compressed, or was meanwhile.
     *
     * @throws NoSuchFileException if it was deleted
     */
    static LineReader open(Path file) throws IOException {
        if (isPacked(file)) {
            return openPacked(file);
        }
        try {
            return new LineReader(new BufferedInputStream(Files.newInputStream(file), BUFFER));
        } catch (NoSuchFileException gone) {
            return openPacked(LedgerName.packed(file));
        }
    }

    private static boolean isPacked(Path file) {
        return file.getFileName().toString().endsWith(LedgerName.PACKED_SUFFIX);
    }

    private static LineReader openPacked(Path file) throws IOException {
        InputStream bytes = Files.newInputStream(file);
        try {
            return new LineReader(new BufferedInputStream(new GZIPInputStream(bytes, BUFFER), BUFFER));
        } catch (IOException e) {
            bytes.close();
            throw e;
        }
    }

    /**
     * Opens a file as {@link #open(Path)} does, and begins in its middle.
     *
     * @param offset where a line begins; lines are numbered from there
     * @throws java.io.EOFException if a compressed file is shorter
     */
    static LineReader open(Path file, long offset) throws IOException {
        LineReader reader = open(file);
        try {
            reader.input.skipNBytes(offset);
            reader.offset = offset;
            return reader;
        } catch (IOException e) {
            reader.close();
            throw e;
        }
    }

    /** Returns the next line, or null at the end of the file. */
    @Nullable Line next() throws IOException {
        long begin = offset;
        length = 0;
        int next = input.read();
        if (next < 0) {
            return null;
        }
        number++;
        while (next >= 0 && next != '\n') {
            if (length < line.length) {
                line[length] = (byte) next;
            }
            length++;
            next = input.read();
        }
        offset = begin + length + (next < 0 ? 0 : 1);
        Json.Obj json = next < 0 ? null : parsed();
        State state = next < 0 ? State.TORN : json == null ? State.DAMAGED : State.GOOD;
        return new Line(state, number, begin, json == null ? new Json.Obj() : json);
    }

    /** Where the next line begins. */
    long offset() {
        return offset;
    }

    private Json.@Nullable Obj parsed() {
        int covered = length - TAIL;
        if (covered <= 0 || length >= line.length || !hasChecksum(covered)) {
            return null;
        }
        try {
            return JsonReader.read(line, 0, length) instanceof Json.Obj object ? object : null;
        } catch (JsonException e) {
            return null;
        }
    }

    private boolean hasChecksum(int covered) {
        int digits = covered + BEFORE_CHECKSUM.length;
        if (!Arrays.equals(line, covered, digits, BEFORE_CHECKSUM, 0, BEFORE_CHECKSUM.length)) {
            return false;
        }
        checksum.reset();
        checksum.update(line, 0, covered);
        String told = new String(line, digits, 8, StandardCharsets.US_ASCII);
        return told.equals(HexFormat.of().toHexDigits((int) checksum.getValue()));
    }

    @Override
    public void close() throws IOException {
        input.close();
    }
}
