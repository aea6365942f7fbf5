package io.llmproxy.ledger;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;

/** A file on a disk that may have no room. */
final class FullDisk implements AppendFile {
    private final AppendFile file;
    private final AtomicBoolean full;
    private final AtomicBoolean broken;

    FullDisk(Path path, AtomicBoolean full) throws IOException {
        this(path, full, new AtomicBoolean());
    }

    FullDisk(Path path, AtomicBoolean full, AtomicBoolean broken) throws IOException {
        this.file = DiskFile.create(path);
        this.full = full;
        this.broken = broken;
    }

    @Override
    public Path path() {
        return file.path();
    }

    @Override
    public long length() {
        return file.length();
    }

    @Override
    public void append(byte[] lines) throws IOException {
        if (full.get()) {
            throw new IOException("No space left on device");
        }
        file.append(Arrays.copyOf(lines, lines.length));
    }

    @Override
    public void sync() throws IOException {
        if (broken.get()) {
            throw new IOException("Input/output error");
        }
        file.sync();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
