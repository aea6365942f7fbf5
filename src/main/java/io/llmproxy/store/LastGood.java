package io.llmproxy.store;

import io.llmproxy.config.Secret;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The version that was served last, on this node's disk: it can start from it while the database is away. */
public final class LastGood {
    private static final Logger LOG = LoggerFactory.getLogger(LastGood.class);

    private final SealedFile file;

    /**
     * What was kept.
     *
     * @param version its number
     * @param content the document
     */
    public record Snapshot(long version, String content) {}

    /**
     * @param directory where it is kept
     * @param key encrypts it; null to keep it readable for the owner of the file
     */
    public LastGood(Path directory, @Nullable Secret key) {
        this.file = new SealedFile(directory.resolve("last-good.bin"), key);
    }

    /** Keeps a version. If that is not possible, a warning says so, and the node goes on. */
    public void keep(long version, String content) {
        byte[] text = content.getBytes(StandardCharsets.UTF_8);
        try {
            file.write(ByteBuffer.allocate(Long.BYTES + text.length)
                    .putLong(version)
                    .put(text)
                    .array());
        } catch (IOException | GeneralSecurityException e) {
            LOG.warn("{}: the last good configuration cannot be kept: {}", file, e.toString());
        }
    }

    /** Returns what was kept last; nothing, with a warning if need be, if there is none or it is damaged. */
    public Optional<Snapshot> read() {
        try {
            Optional<byte[]> kept = file.read();
            return kept.isEmpty() ? Optional.empty() : Optional.of(snapshot(ByteBuffer.wrap(kept.get())));
        } catch (IOException | GeneralSecurityException e) {
            LOG.warn("{}: the last good configuration cannot be used: {}", file, e.toString());
            return Optional.empty();
        }
    }

    private static Snapshot snapshot(ByteBuffer bytes) throws IOException {
        if (bytes.remaining() < Long.BYTES) {
            throw SealedFile.damaged();
        }
        long version = bytes.getLong();
        return new Snapshot(version, StandardCharsets.UTF_8.decode(bytes).toString());
    }
}
