package io.llmproxy.capture;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import io.llmproxy.config.CaptureConfig;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The files, one after the other, readable by this user only. Old ones are deleted. Used by one thread. */
final class CaptureFiles implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(CaptureFiles.class);
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final String BEGINNING = "capture-";
    private static final String END = ".jsonl";
    private static final Duration TIDY = Duration.ofMinutes(1);

    private final CaptureConfig config;
    private final LongSupplier clock;
    private @Nullable FileChannel channel;
    private @Nullable Path path;
    private long length;
    private long tidied = Long.MIN_VALUE;

    /** @param clock the time in milliseconds since 1970 */
    CaptureFiles(CaptureConfig config, LongSupplier clock) {
        this.config = config;
        this.clock = clock;
    }

    /** Appends lines to the current file, and begins another one when it is full. */
    void append(byte[] lines) throws IOException {
        FileChannel open = channel;
        if (open == null || length >= config.rotateSize() || isGone()) {
            close();
            open = create();
            channel = open;
            deleteOld();
        }
        ByteBuffer rest = ByteBuffer.wrap(lines);
        while (rest.hasRemaining()) {
            open.write(rest);
        }
        length += lines.length;
    }

    private boolean isGone() {
        return path == null || !Files.exists(path);
    }

    private FileChannel create() throws IOException {
        Files.createDirectories(config.directory(), mode("rwx------"));
        String stamp = STAMP.format(Instant.ofEpochMilli(clock.getAsLong()));
        for (int number = 0; ; number++) {
            Path next = config.directory()
                    .resolve(String.format(Locale.ROOT, "%s%s-%04d%s", BEGINNING, stamp, number, END));
            try {
                FileChannel made = FileChannel.open(next, Set.of(CREATE_NEW, WRITE), mode("rw-------"));
                path = next;
                length = 0;
                return made;
            } catch (FileAlreadyExistsException e) {
                LOG.debug("{} exists", next);
            }
        }
    }

    private static FileAttribute<?>[] mode(String mode) {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode))}
                : new FileAttribute<?>[0];
    }

    /** Looks for old files, but not each time that it is asked. */
    void tidy() {
        long now = clock.getAsLong();
        if (tidied == Long.MIN_VALUE || Math.abs(now - tidied) >= TIDY.toMillis()) {
            deleteOld();
        }
    }

    /** Deletes files that are too old, and the oldest of too many. */
    private void deleteOld() {
        tidied = clock.getAsLong();
        try (Stream<Path> all = Files.list(config.directory())) {
            List<Path> files = all.filter(CaptureFiles::isOurs).sorted().toList();
            long size = 0;
            for (Path file : files) {
                size += Files.size(file);
            }
            long oldest = clock.getAsLong() - config.retainFor().toMillis();
            for (Path file : files) {
                boolean old = Files.getLastModifiedTime(file).toMillis() < oldest;
                if (!file.equals(path) && (old || size > config.retainSize())) {
                    size -= Files.size(file);
                    Files.deleteIfExists(file);
                    LOG.debug("{} is deleted", file);
                }
            }
        } catch (IOException e) {
            LOG.debug("old files of {} cannot be deleted", config.directory(), e);
        }
    }

    private static boolean isOurs(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.startsWith(BEGINNING) && name.endsWith(END);
    }

    @Override
    public void close() throws IOException {
        FileChannel open = channel;
        channel = null;
        path = null;
        if (open != null) {
            open.close();
        }
    }
}
