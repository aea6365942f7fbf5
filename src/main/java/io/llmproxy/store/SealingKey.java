package io.llmproxy.store;

import io.llmproxy.config.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A key that operators gave to their nodes. It encrypts the data keys of secrets, and files of the node. Each use has a key of its own,
 * derived from it.
 */
public final class SealingKey {
    private static final int ID_DIGITS = 12;
    private static final int FINGERPRINT_DIGITS = 8;

    private final String id;
    private final SecretKey wrapping;
    private final byte[] printing;
    private final SecretKey files;

    public SealingKey(Secret text) {
        this.id = HexFormat.of().formatHex(derived(text, "llmproxy key id")).substring(0, ID_DIGITS);
        this.wrapping = new SecretKeySpec(derived(text, "llmproxy data keys"), "AES");
        this.printing = derived(text, "llmproxy fingerprints");
        this.files = new SecretKeySpec(
                sha256(("llmproxy last-good\n" + text.reveal()).getBytes(StandardCharsets.UTF_8)), "AES");
    }

    private static byte[] derived(Secret text, String use) {
        return hmac(text.reveal().getBytes(StandardCharsets.UTF_8), use.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] hmac(byte[] key, byte[] text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Names it, and says nothing of it. */
    public String id() {
        return id;
    }

    SecretKey wrapping() {
        return wrapping;
    }

    SecretKey files() {
        return files;
    }

    /** Tells whether two secrets are the same, to people who must not know them. */
    public String fingerprint(Secret value) {
        return HexFormat.of()
                .formatHex(hmac(printing, value.reveal().getBytes(StandardCharsets.UTF_8)))
                .substring(0, FINGERPRINT_DIGITS);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SealingKey that && that.id.equals(id);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }

    @Override
    public String toString() {
        return id;
    }
}
