package io.llmproxy.config;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The SHA-256 of a client key. Says nothing of the key itself, and is compared in constant time. */
public final class KeyDigest {
    /** Bytes of a digest. */
    public static final int LENGTH = 32;

    private static final String PREFIX = "sha256:";
    private static final Pattern HEX = Pattern.compile("[0-9A-Fa-f]{64}");

    /** To be cloned: to look for an implementation takes longer than to use it. */
    private static final MessageDigest SHA_256 = sha256();

    private final byte[] bytes;
    private final int hash;

    private KeyDigest(byte[] bytes) {
        this.bytes = bytes;
        this.hash = ByteBuffer.wrap(bytes).getInt();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has it", e);
        }
    }

    /** Returns the digest of a key as a client shows it. */
    public static KeyDigest of(String key) {
        try {
            MessageDigest digest = (MessageDigest) SHA_256.clone();
            return new KeyDigest(digest.digest(key.getBytes(StandardCharsets.UTF_8)));
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the platform's own can be cloned", e);
        }
    }

    /**
     * Returns the digest of a key as the configuration has it: plain, or its digest already.
     *
     * @throws IllegalArgumentException if it is neither; the configuration has made sure that it is
     */
    public static KeyDigest configured(Secret key) {
        return parse(key.reveal()).orElseThrow(() -> new IllegalArgumentException("not 64 hexadecimal digits"));
    }

    /** Returns the digest of a configured key, or nothing if what claims to be a digest is none. */
    public static Optional<KeyDigest> parse(String key) {
        if (!isDigest(key)) {
            return Optional.of(of(key));
        }
        return Optional.of(key.substring(PREFIX.length()))
                .filter(digits -> HEX.matcher(digits).matches())
                .map(digits -> new KeyDigest(HexFormat.of().parseHex(digits)));
    }

    /**
     * Returns a digest that was stored.
     *
     * @param sha256 its 32 bytes
     */
    public static KeyDigest stored(byte[] sha256) {
        if (sha256.length != LENGTH) {
            throw new IllegalArgumentException("not 32 bytes");
        }
        return new KeyDigest(sha256.clone());
    }

    /** Returns its 32 bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** Returns it as a configuration may state it instead of the key: {@code sha256:} and 64 hexadecimal digits. */
    public Secret configured() {
        return new Secret(PREFIX + HexFormat.of().formatHex(bytes));
    }

    /** The first 8 hexadecimal digits: enough to recognise a key by, too little to find it. */
    public String fingerprint() {
        return HexFormat.of().formatHex(bytes, 0, 4);
    }

    /** Whether a configured key claims to be a digest. */
    public static boolean isDigest(String key) {
        return key.regionMatches(true, 0, PREFIX, 0, PREFIX.length());
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof KeyDigest that && MessageDigest.isEqual(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return "***";
    }
}
