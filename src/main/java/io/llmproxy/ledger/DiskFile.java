package io.llmproxy.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A file on a disk. */
final class DiskFile implements AppendFile {
    private final Path path;
    private final FileChannel channel;
    private final @Nullable Object key;
    private long length;

    private DiskFile(Path path, FileChannel channel, @Nullable Object key) {
        this.path = path;
        this.channel = channel;
        this.key = key;
    }

    /** Makes a new one. */
    static AppendFile create(Path path) throws IOException {
        FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        return new DiskFile(path, channel, keyOf(path));
    }

    private static @Nullable Object keyOf(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public void append(byte[] lines) throws IOException {
        try {
            ByteBuffer rest = ByteBuffer.wrap(lines);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
        } catch (IOException e) {
            cutBack(e);
            throw e;
        }
        // A file that was deleted takes lines as before, and nothing of them is ever seen again.
        String missing = missing();
        if (missing != null) {
            // They are written once more, into the next file: what is seen of this one after all must not have them as
            // well.
            IOException cause = new IOException(missing);
            cutBack(cause);
            throw new BrokenFileException(missing);
        }
        length += lines.length;
    }

    private void cutBack(IOException cause) throws BrokenFileException {
        try {
            channel.truncate(length);
        } catch (IOException e) {
            BrokenFileException broken =
                    new BrokenFileException(path + " has half a line: " + cause.getMessage() + "; " + e.getMessage());
            broken.addSuppressed(cause);
            throw broken;
        }
    }

    /** Says why it is not known that the file is the one that was made; null if it is. */
    private @Nullable String missing() {
        try {
            return Objects.equals(keyOf(path), key) ? null : path + " was removed or replaced";
        } catch (NoSuchFileException gone) {
            return path + " was removed or replaced";
        } catch (IOException e) {
            return path + " cannot be looked at: " + e;
        }
    }

    @Override
    public void sync() throws IOException {
        channel.force(false);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
