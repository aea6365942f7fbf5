package io.llmproxy.ledger;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A file on a disk that takes its time. */
final class SlowDisk implements AppendFile {
    private static final Duration SLOW = Duration.ofMillis(300);

    private final AppendFile file;

    SlowDisk(Path path) throws IOException {
        this.file = DiskFile.create(path);
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
        LockSupport.parkNanos(SLOW.toNanos());
        file.append(lines);
    }

    @Override
    public void sync() throws IOException {
        LockSupport.parkNanos(SLOW.toNanos());
        file.sync();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
