package io.llmproxy.store;

import io.llmproxy.config.Secret;
import io.llmproxy.config.StoreConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of a node: those that its file names, and the one in its directory that was made because the file named none. They may
 * change while it runs, when the file is read again.
 */
public final class NodeKeys implements Supplier<KeyRing> {
    /** Where a key is made that was not given. */
    public static final String FILE = "secrets.key";

    private static final Logger LOG = LoggerFactory.getLogger(NodeKeys.class);
    private static final int BYTES = 32;

    private final Path file;
    private volatile KeyRing ring;

    /**
     * @param config the node's section on the store
     * @param directory of the node
     */
    public NodeKeys(StoreConfig config, Path directory) {
        this.file = directory.resolve(FILE);
        this.ring = ring(config);
    }

    /** Takes what the node's file says now. */
    public void read(StoreConfig config) {
        ring = ring(config);
    }

    private KeyRing ring(StoreConfig config) {
        List<SealingKey> keys = new ArrayList<>();
        Secret key = config.key();
        if (key != null) {
            keys.add(new SealingKey(key));
        }
        config.oldKeys().forEach(old -> keys.add(new SealingKey(old)));
        if (Files.exists(file)) {
            try {
                keys.add(new SealingKey(new Secret(Files.readString(file).strip())));
            } catch (IOException e) {
                LOG.warn("{}: the key of the store cannot be read: {}", file, e.toString());
            }
        }
        return new KeyRing(keys.stream().distinct().toList());
    }

    @Override
    public KeyRing get() {
        return ring;
    }

    /**
     * Returns the keys for one that is about to seal something. A node that keeps its store to itself needs no set-up: where it has no
     * key, one is made in its directory.
     *
     * @param alone whether the store is H2 of this process
     * @param inUse id of the store's key; null if nothing was sealed there yet
     * @param dry whether nothing is stored in the end; then no file is made
     * @throws SealException if a key was to be made and could not be
     */
    public KeyRing toSeal(boolean alone, @Nullable String inUse, boolean dry) {
        KeyRing now = ring;
        if (!alone || inUse != null || !now.keys().isEmpty()) {
            return now;
        }
        if (dry) {
            return KeyRing.random();
        }
        Secret made = new Secret(Base64.getEncoder().encodeToString(AesGcm.random(BYTES)));
        try {
            write(made);
            LOG.warn(
                    "{} now holds the key that encrypts this store's secrets: keep a copy of it, separate from copies of the store",
                    file);
            KeyRing next = KeyRing.of(made);
            ring = next;
            return next;
        } catch (IOException e) {
            throw new SealException(
                    file + ": a key cannot be made: " + e.getMessage() + " (expected: one in store.key)", e);
        }
    }

    private void write(Secret made) throws IOException {
        Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (FileChannel channel = FileChannel.open(
                file, options, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer rest = ByteBuffer.wrap((made.reveal() + "\n").getBytes(StandardCharsets.US_ASCII));
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
            SealedFile.syncDirectory(file);
        } catch (FileAlreadyExistsException e) {
            throw new IOException("it exists already", e);
        }
    }
}
