package io.llmproxy.store;

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
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;

/** A file that only its owner may read. It is replaced whole or not at all; it is encrypted if there is a key; damage is noticed. */
final class SealedFile {
    private static final byte[] PLAIN = "LLMPROXY-LAST-GOOD-1 plain\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SEALED = "LLMPROXY-LAST-GOOD-1 aes-g\n".getBytes(StandardCharsets.US_ASCII);
    private static final int DIGEST = 32;

    private final Path file;
    private final Supplier<KeyRing> keys;

    /**
     * @param file where it is
     * @param keys the first one encrypts it, each of them opens it; with none it is not encrypted
     */
    SealedFile(Path file, Supplier<KeyRing> keys) {
        this.file = file;
        this.keys = keys;
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
        syncDirectory(file);
    }

    /** A name is there for good once its directory is written out. */
    static void syncDirectory(Path file) throws IOException {
        try (FileChannel directory =
                FileChannel.open(file.toAbsolutePath().resolveSibling(""), StandardOpenOption.READ)) {
            directory.force(true);
        }
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
        Optional<SealingKey> key = keys.get().first();
        return key.isEmpty()
                ? joined(PLAIN, plain)
                : joined(SEALED, AesGcm.seal(key.get().files(), plain, SEALED));
    }

    private byte[] opened(byte[] content) throws GeneralSecurityException, IOException {
        byte[] head = Arrays.copyOf(content, PLAIN.length);
        byte[] rest =
                content.length < PLAIN.length ? new byte[0] : Arrays.copyOfRange(content, PLAIN.length, content.length);
        if (Arrays.equals(head, PLAIN)) {
            return rest;
        }
        if (!Arrays.equals(head, SEALED)) {
            throw damaged();
        }
        GeneralSecurityException failed = null;
        for (SealingKey key : keys.get().keys()) {
            try {
                return AesGcm.open(key.files(), rest, SEALED);
            } catch (GeneralSecurityException e) {
                failed = e;
            }
        }
        if (failed == null) {
            throw new IOException("it is encrypted (expected: its key in store.key)");
        }
        throw failed;
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
