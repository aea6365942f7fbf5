package io.llmproxy.store;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The version that was served last, on this node's disk: it can start from it while the database is away. The secrets that the version
 * refers to are kept with it, sealed as they are in the database.
 */
public final class LastGood {
    private static final Logger LOG = LoggerFactory.getLogger(LastGood.class);
    private static final int FORM = 2;

    private final SealedFile file;

    /**
     * What was kept.
     *
     * @param version its number
     * @param content the document
     * @param secrets what it refers to
     */
    public record Snapshot(long version, String content, List<SealedSecret> secrets) {
        /** Copies the list. */
        public Snapshot {
            secrets = List.copyOf(secrets);
        }
    }

    /**
     * @param directory where it is kept
     * @param keys encrypt it; with none it is kept readable for the owner of the file
     */
    public LastGood(Path directory, Supplier<KeyRing> keys) {
        this.file = new SealedFile(directory.resolve("last-good.bin"), keys);
    }

    /** Keeps a version. If that is not possible, a warning says so, and the node goes on. */
    public void keep(Snapshot snapshot) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (DataOutputStream out = new DataOutputStream(bytes)) {
                out.writeByte(FORM);
                out.writeLong(snapshot.version);
                write(out, snapshot.content.getBytes(StandardCharsets.UTF_8));
                out.writeInt(snapshot.secrets.size());
                for (SealedSecret secret : snapshot.secrets) {
                    write(out, secret);
                }
            }
            file.write(bytes.toByteArray());
        } catch (IOException | GeneralSecurityException e) {
            LOG.warn("{}: the last good configuration cannot be stored: {}", file, e.toString());
        }
    }

    private static void write(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static void write(DataOutputStream out, SealedSecret secret) throws IOException {
        out.writeUTF(secret.name());
        out.writeLong(secret.revision());
        write(out, secret.ciphertext());
        write(out, secret.wrappedKey());
        out.writeUTF(secret.keyId());
        out.writeUTF(secret.author());
    }

    /** Returns what was kept last; nothing, with a warning if need be, if there is none or it is damaged. */
    public Optional<Snapshot> read() {
        try {
            Optional<byte[]> kept = file.read();
            return kept.isEmpty() ? Optional.empty() : Optional.of(snapshot(kept.get()));
        } catch (IOException | GeneralSecurityException e) {
            LOG.warn("{}: the last good configuration cannot be used: {}", file, e.toString());
            return Optional.empty();
        }
    }

    private static Snapshot snapshot(byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        if (bytes.length == 0 || in.readByte() != FORM) {
            throw SealedFile.damaged();
        }
        long version = in.readLong();
        String content = new String(bytes(in), StandardCharsets.UTF_8);
        int count = in.readInt();
        List<SealedSecret> secrets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            secrets.add(new SealedSecret(
                    in.readUTF(), in.readLong(), bytes(in), bytes(in), in.readUTF(), in.readUTF(), null));
        }
        return new Snapshot(version, content, secrets);
    }

    private static byte[] bytes(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw SealedFile.damaged();
        }
        return in.readNBytes(length);
    }
}
