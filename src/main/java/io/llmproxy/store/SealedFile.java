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

/** A file that only its owner may read. It is replaced whole or not at all; it is encrypted if there is a key; damage is noticed. */
final class SealedFile {
    private static final byte[] PLAIN = "LLMPROXY-LAST-GOOD-1 plain\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SEALED = "LLMPROXY-LAST-GOOD-1 aes-g\n".getBytes(StandardCharsets.US_ASCII);
    private static final int DIGEST = 32;
    private static final int NONCE = 12;
    private static final int TAG = 16;

    private final Path file;
    private final @Nullable SecretKeySpec key;

    /**
     * @param file where it is
     * @param key encrypts it, or null
     */
    SealedFile(Path file, @Nullable Secret key) {
        this.file = file;
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

    /** Writes it anew. */
    void write(byte[] content) throws IOException, GeneralSecurityException {
        replace(sealed(joined(sha256(content), content)));
    }

    private void replace(byte[] content) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".new");
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

    /** Returns what was written last, or nothing if there is none; fails if it is damaged or another key has encrypted it. */
    Optional<byte[]> read() throws IOException, GeneralSecurityException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        byte[] content = opened(Files.readAllBytes(file));
        if (content.length < DIGEST) {
            throw damaged();
        }
        byte[] rest = Arrays.copyOfRange(content, DIGEST, content.length);
        if (!MessageDigest.isEqual(Arrays.copyOf(content, DIGEST), sha256(rest))) {
            throw damaged();
        }
        return Optional.of(rest);
    }

    static IOException damaged() {
        return new IOException("it is damaged");
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
            throw damaged();
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

    @Override
    public String toString() {
        return file.toString();
    }
}
