package io.llmproxy.ledger;

import io.llmproxy.config.LedgerConfig;
import io.llmproxy.journal.JournalSink;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compresses the files that are complete, and deletes those that are too old or too many. Used by a thread of its own. */
final class Packing implements JournalSink<Path> {
    private static final Logger LOG = LoggerFactory.getLogger(Packing.class);
    private static final String UNFINISHED = ".tmp";
    private static final Duration PATROL = Duration.ofMinutes(1);

    private final LedgerConfig config;
    private final String boot;
    private final Time time;

    Packing(LedgerConfig config, String boot, Time time) {
        this.config = config;
        this.boot = boot;
        this.time = time;
    }

    @Override
    public void write(List<Path> complete) {
        if (config.compress()) {
            complete.forEach(Packing::pack);
        }
        retain();
    }

    /** A file that is not compressed is whole nevertheless. */
    @Override
    public void lost(List<Path> complete) {}

    @Override
    public Duration tend() {
        retain();
        return PATROL;
    }

    @Override
    public void close(List<Path> left) {}

    /** The file is either as it was, or compressed and whole, whatever happens meanwhile. */
    static void pack(Path plain) {
        Path packed = LedgerName.packed(plain);
        Path unfinished = plain.resolveSibling(packed.getFileName() + UNFINISHED);
        try {
            if (Files.exists(packed)) {
                // A process was killed between the last two steps.
                Files.deleteIfExists(plain);
                return;
            }
            try (InputStream lines = Files.newInputStream(plain);
                    FileChannel channel = FileChannel.open(
                            unfinished,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE)) {
                OutputStream output = new GZIPOutputStream(Channels.newOutputStream(channel), 1 << 16);
                lines.transferTo(output);
                output.close();
            }
            try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.setLastModifiedTime(unfinished, Files.getLastModifiedTime(plain));
            Files.move(unfinished, packed);
            Files.delete(plain);
        } catch (IOException e) {
            LOG.warn("ledger: {} cannot be compressed and stays uncompressed: {}", plain, e.toString());
            delete(unfinished);
        }
    }

    /** Deletes what is too old or too much, the oldest first, never what this run writes to at the moment. */
    private void retain() {
        List<Path> directories = new ArrayList<>(List.of(config.place()));
        Path spill = config.spillDirectory();
        if (spill != null) {
            directories.add(spill);
        }
        for (Path directory : directories) {
            try {
                if (Files.isDirectory(directory)) {
                    retain(directory);
                }
            } catch (IOException e) {
                LOG.debug("{} cannot be looked through", directory, e);
            }
        }
    }

    private void retain(Path directory) throws IOException {
        try (DirectoryStream<Path> unfinished =
                Files.newDirectoryStream(directory, "*" + LedgerName.PACKED_SUFFIX + UNFINISHED)) {
            unfinished.forEach(Packing::delete);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        List<LedgerName.Found> files = LedgerName.in(directory);
        long size = 0;
        for (LedgerName.Found found : files) {
            size += Files.size(found.path());
        }
        Instant oldest = time.wall().instant().minus(config.retainFor());
        LedgerName.@Nullable Found current = currentOf(files);
        for (LedgerName.Found found : files) {
            boolean tooOld = !config.retainFor().isZero()
                    && Files.getLastModifiedTime(found.path()).toInstant().isBefore(oldest);
            boolean tooMuch = config.retainSize() > 0 && size > config.retainSize();
            if (found.equals(current) || !(tooOld || tooMuch)) {
                return;
            }
            size -= Files.size(found.path());
            delete(found.path());
            LOG.info("ledger: deleted {}: {}", found.path(), tooOld ? "too old" : "size limit reached");
        }
    }

    private LedgerName.@Nullable Found currentOf(List<LedgerName.Found> files) {
        LedgerName.Found current = null;
        for (LedgerName.Found found : files) {
            if (found.name().boot().equals(boot)
                    && (current == null || found.name().file() > current.name().file())) {
                current = found;
            }
        }
        return current;
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.debug("{} cannot be deleted", path, e);
        }
    }
}
