package io.llmproxy.ledger;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A directory that files are made in, held against others while it is used. */
final class Place {
    private static final Logger LOG = LoggerFactory.getLogger(Place.class);

    private final Path directory;
    private @Nullable DirectoryLock lock;

    Place(Path directory) {
        this.directory = directory;
    }

    Path directory() {
        return directory;
    }

    /** Makes it usable: it exists, and is ours. Returns whether it was not so before. */
    boolean enter() throws IOException {
        DirectoryLock held = lock;
        if (held != null && held.isThere()) {
            return false;
        }
        leave();
        Files.createDirectories(directory);
        lock = DirectoryLock.take(directory);
        return true;
    }

    /** Makes a file that exists survive a loss of power. Not every file system can do that. */
    void sync() {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            LOG.debug("{} cannot be synchronized", directory, e);
        }
    }

    void leave() {
        DirectoryLock held = lock;
        lock = null;
        if (held != null) {
            try {
                held.close();
            } catch (IOException e) {
                LOG.debug("{} cannot be given up", directory, e);
            }
        }
    }
}
