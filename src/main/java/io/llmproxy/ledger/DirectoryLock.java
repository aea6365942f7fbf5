package io.llmproxy.ledger;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Holds a directory against others that would write to it: other processes, and other web applications of this one, such as the
 * same before a redeployment.
 */
final class DirectoryLock implements Closeable {
    private static final String FILE = "ledger.lock";

    /** Closing any channel of a file gives up the process's locks of it. So it is opened only by the one that may. */
    private static final String HELD = "llmproxy.ledger.held:";

    private final Path file;
    private final String property;
    private final FileChannel channel;

    private DirectoryLock(Path file, String property, FileChannel channel) {
        this.file = file;
        this.property = property;
        this.channel = channel;
    }

    /**
     * Takes the lock.
     *
     * @throws IOException if that is not possible; its message says why
     */
    static DirectoryLock take(Path directory) throws IOException {
        Path real = directory.toRealPath();
        String property = HELD + real;
        if (System.getProperties().putIfAbsent(property, FILE) != null) {
            throw inUse(real, "another application of this process");
        }
        try {
            Path file = real.resolve(FILE);
            return new DirectoryLock(file, property, locked(file));
        } catch (IOException | RuntimeException e) {
            System.clearProperty(property);
            throw e;
        }
    }

    /** Whether a process writes to a directory at the moment. */
    static boolean isHeld(Path directory) throws IOException {
        if (!Files.exists(directory.resolve(FILE))) {
            return false;
        }
        Path real = directory.toRealPath();
        if (System.getProperty(HELD + real) != null) {
            return true;
        }
        // A shared lock needs no right to write.
        try (FileChannel channel = FileChannel.open(real.resolve(FILE), StandardOpenOption.READ);
                FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
            return lock == null;
        } catch (OverlappingFileLockException e) {
            return true;
        }
    }

    private static FileChannel locked(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw inUse(file.getParent(), "another application of this process");
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw inUse(file.getParent(), "another process");
    }

    private static IOException inUse(@Nullable Path directory, String by) {
        return new IOException(directory + " is in use by " + by);
    }

    /** Whether the file of the lock is where it was: with the directory, it may have been removed. */
    boolean isThere() {
        return Files.exists(file);
    }

    @Override
    public void close() throws IOException {
        channel.close();
        System.clearProperty(property);
    }
}
