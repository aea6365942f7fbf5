package io.llmproxy.store;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.KeyRateLimitConfig;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.Secret;
import io.llmproxy.config.load.LimitsText;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The client keys that were known last, on this node's disk: their digests and limits, never a key itself. */
public final class LastGoodKeys {
    private static final Logger LOG = LoggerFactory.getLogger(LastGoodKeys.class);
    private static final int FORM = 2;

    private final SealedFile file;

    /**
     * What was kept.
     *
     * @param position how far it goes
     * @param keys all keys
     */
    public record Snapshot(KeyPosition position, List<IssuedKey> keys) {
        /** Copies the list. */
        public Snapshot {
            keys = List.copyOf(keys);
        }
    }

    /**
     * @param directory where they are kept
     * @param sealing encrypts them; with no key they are kept readable for the owner of the file
     */
    public LastGoodKeys(Path directory, Supplier<KeyRing> sealing) {
        this.file = new SealedFile(directory.resolve("last-good-keys.bin"), sealing);
    }

    /** Keeps all keys. If that is not possible, a warning says so, and the node goes on. */
    public void keep(KeyPosition position, Collection<IssuedKey> keys) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (DataOutputStream out = new DataOutputStream(new DeflaterOutputStream(bytes))) {
                out.writeByte(FORM);
                out.writeUTF(position.epoch());
                out.writeLong(position.number());
                out.writeInt(keys.size());
                for (IssuedKey key : keys) {
                    write(out, key);
                }
            }
            file.write(bytes.toByteArray());
        } catch (IOException | GeneralSecurityException e) {
            LOG.warn("{}: the client keys cannot be stored: {}", file, e.toString());
        }
    }

    private static void write(DataOutputStream out, IssuedKey key) throws IOException {
        ClientKeyConfig config = key.config();
        KeyRateLimitConfig rate = config.rateLimit();
        IssuedKey.Previous previous = key.previous();
        out.writeUTF(key.id());
        out.write(key.digest().bytes());
        out.writeUTF(config.name());
        out.writeBoolean(config.enabled());
        write(out, config.expires());
        write(out, config.allowedModels().stream().map(ModelPattern::text).toList());
        out.writeInt(rate == null ? 0 : rate.requestsPerSecond());
        out.writeInt(rate == null || rate.burstSize() == null ? 0 : rate.burstSize());
        out.writeInt(config.maxConcurrent());
        out.writeBoolean(config.explain());
        out.writeUTF(config.scope() == null ? "" : config.scope());
        out.writeUTF(LimitsText.write(config.limits()));
        write(out, key.forwards());
        out.writeLong(key.revision());
        out.writeBoolean(previous != null);
        if (previous != null) {
            out.write(previous.digest().bytes());
            write(out, previous.until());
        }
    }

    private static void write(DataOutputStream out, @Nullable Instant time) throws IOException {
        out.writeBoolean(time != null);
        if (time != null) {
            out.writeLong(time.getEpochSecond());
            out.writeInt(time.getNano());
        }
    }

    private static void write(DataOutputStream out, List<String> texts) throws IOException {
        out.writeInt(texts.size());
        for (String text : texts) {
            out.writeUTF(text);
        }
    }

    /** Returns what was kept last; nothing, with a warning if need be, if there is none or it is damaged. */
    public Optional<Snapshot> read() {
        try {
            Optional<byte[]> kept = file.read();
            return kept.isEmpty() ? Optional.empty() : Optional.of(snapshot(kept.get()));
        } catch (IOException | GeneralSecurityException | DateTimeException e) {
            LOG.warn("{}: the client keys cannot be used: {}", file, e.toString());
            return Optional.empty();
        }
    }

    private static Snapshot snapshot(byte[] bytes) throws IOException {
        try (DataInputStream in = new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(bytes)))) {
            if (in.readByte() != FORM) {
                throw new IOException("it was written by another release");
            }
            KeyPosition position = new KeyPosition(in.readUTF(), in.readLong());
            int count = in.readInt();
            List<IssuedKey> keys = new ArrayList<>();
            SharedSettings shared = new SharedSettings();
            for (int i = 0; i < count; i++) {
                keys.add(key(in, shared));
            }
            return new Snapshot(position, keys);
        }
    }

    private static IssuedKey key(DataInputStream in, SharedSettings shared) throws IOException {
        String id = in.readUTF();
        Secret digest = digest(in).configured();
        String name = in.readUTF();
        boolean enabled = in.readBoolean();
        Instant expires = time(in);
        List<ModelPattern> models = shared.models(texts(in));
        int perSecond = in.readInt();
        int burst = in.readInt();
        KeyRateLimitConfig rate = perSecond == 0 ? null : new KeyRateLimitConfig(perSecond, burst == 0 ? null : burst);
        int maxConcurrent = in.readInt();
        boolean explain = in.readBoolean();
        String scope = in.readUTF();
        Optional<List<LimitConfig>> limits = shared.limits(in.readUTF());
        ClientKeyConfig config = new ClientKeyConfig(
                name,
                digest,
                enabled && limits.isPresent(),
                expires,
                models,
                rate,
                maxConcurrent,
                explain,
                scope.isEmpty() ? null : scope,
                limits.orElse(List.of()));
        List<String> forwards = texts(in);
        long revision = in.readLong();
        IssuedKey.Previous previous = null;
        if (in.readBoolean()) {
            KeyDigest old = digest(in);
            Instant until = time(in);
            previous = until == null ? null : new IssuedKey.Previous(old, until);
        }
        return new IssuedKey(id, config, null, forwards, previous, "", Instant.EPOCH, revision);
    }

    private static KeyDigest digest(DataInputStream in) throws IOException {
        return KeyDigest.stored(in.readNBytes(KeyDigest.LENGTH));
    }

    private static @Nullable Instant time(DataInputStream in) throws IOException {
        return in.readBoolean() ? Instant.ofEpochSecond(in.readLong(), in.readInt()) : null;
    }

    private static List<String> texts(DataInputStream in) throws IOException {
        int count = in.readInt();
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(in.readUTF());
        }
        return texts;
    }
}
