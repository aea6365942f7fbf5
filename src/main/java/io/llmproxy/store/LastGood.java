package io.llmproxy.store;

import io.llmproxy.config.Secret;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The version that was served last, on this node's disk: it can start from it while the database is away. */
public final class LastGood {
    private static final Logger LOG = LoggerFactory.getLogger(LastGood.class);
    private static final String NAME = "last-good.bin";
    private static final byte[] PLAIN = "LLMPROXY-LAST-GOOD-1 plain\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SEALED = "LLMPROXY-LAST-GOOD-1 aes-g\n".getBytes(StandardCharsets.US_ASCII);
    private static final int DIGEST = 32;
    private static final int NONCE = 12;
    private static final int TAG = 16;

    private final Path file;
    private final @Nullable SecretKeySpec key;

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
        this.file = directory.resolve(NAME);
        this.key = key == null ? null : derived(key);
    }

    private static SecretKeySpec derived(Secret key) {
        String label = "llmproxy last-good\n" + key.reveal();
        return new SecretKeySpec(sha256(label.getBytes(StandardCharsets.UTF_8)), "AES");
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Keeps a version. If that is not possible, a warning says so, and the node goes on. */
    public void keep(long version, String content) {
        try {
            byte[] body = joined(
                    ByteBuffer.allocate(Long.BYTES).putLong(version).array(), content.getBytes(StandardCharsets.UTF_8));
            replace(sealed(joined(sha256(body), body)));
        } catch (IOException | GeneralSecurityException e) {
            LOG.warn("{}: the last good configuration cannot be kept: {}", file, e.toString());
        }
    }

    private void replace(byte[] content) throws IOException {
        Path next = file.resolveSibling(NAME + ".new");
        Files.deleteIfExists(next);
        Files.createFile(next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Returns what was kept last; nothing, with a warning if need be, if there is none or it is damaged. */
    public Optional<Snapshot> read() {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            ByteBuffer bytes = ByteBuffer.wrap(opened(Files.readAllBytes(file)));
            if (bytes.remaining() < DIGEST + Long.BYTES) {
                throw new IOException("it is damaged");
            }
            byte[] digest = new byte[DIGEST];
            bytes.get(digest);
            if (!MessageDigest.isEqual(digest, sha256(rest(bytes.slice())))) {
                throw new IOException("it is damaged");
            }
            return Optional.of(new Snapshot(bytes.getLong(), new String(rest(bytes), StandardCharsets.UTF_8)));
        } catch (IOException | GeneralSecurityException e) {
            LOG.warn("{}: the last good configuration cannot be used: {}", file, e.toString());
            return Optional.empty();
        }
    }

    private static byte[] rest(ByteBuffer bytes) {
        byte[] rest = new byte[bytes.remaining()];
        bytes.get(rest);
        return rest;
    }

    private byte[] sealed(byte[] plain) throws GeneralSecurityException {
        if (key == null) {
            return joined(PLAIN, plain);
        }
        byte[] nonce = new byte[NONCE];
        new SecureRandom().nextBytes(nonce);
        return joined(
                SEALED, joined(nonce, cipher(Cipher.ENCRYPT_MODE, key, nonce).doFinal(plain)));
    }

    private byte[] opened(byte[] content) throws GeneralSecurityException, IOException {
        byte[] head = Arrays.copyOf(content, PLAIN.length);
        byte[] rest =
                content.length < PLAIN.length ? new byte[0] : Arrays.copyOfRange(content, PLAIN.length, content.length);
        if (Arrays.equals(head, PLAIN)) {
            return rest;
        }
        if (!Arrays.equals(head, SEALED) || rest.length < NONCE + TAG) {
            throw new IOException("it is damaged");
        }
        if (key == null) {
            throw new IOException("it is encrypted (expected: its key in store.key)");
        }
        byte[] nonce = Arrays.copyOf(rest, NONCE);
        return cipher(Cipher.DECRYPT_MODE, key, nonce).doFinal(rest, NONCE, rest.length - NONCE);
    }

    private static Cipher cipher(int mode, SecretKeySpec key, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG * 8, nonce));
        cipher.updateAAD(SEALED);
        return cipher;
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] whole = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, whole, first.length, second.length);
        return whole;
    }
}
