package io.llmproxy.store;

import io.llmproxy.config.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The keys that a node has: each opens what it has sealed, the first one also seals what is new.
 *
 * @param keys the first one is in use, the others are former ones
 */
public record KeyRing(List<SealingKey> keys) {
    /** No key at all. */
    public static final KeyRing EMPTY = new KeyRing(List.of());

    private static final int DATA_KEY = 32;

    /** Copies the list. */
    public KeyRing {
        keys = List.copyOf(keys);
    }

    /** Returns one with a key, or without if it is null. */
    public static KeyRing of(@Nullable Secret key) {
        return key == null ? EMPTY : new KeyRing(List.of(new SealingKey(key)));
    }

    /** Returns one with a key that exists nowhere else. */
    public static KeyRing random() {
        return of(new Secret(new String(AesGcm.random(DATA_KEY), StandardCharsets.ISO_8859_1)));
    }

    /** Returns the key in use, if there is any. */
    public Optional<SealingKey> first() {
        return keys.stream().findFirst();
    }

    /** Returns the key of an id. */
    public Optional<SealingKey> find(String id) {
        return keys.stream().filter(key -> key.id().equals(id)).findFirst();
    }

    /** Returns the ids of its keys, for messages. */
    public String ids() {
        return keys.isEmpty() ? "none" : keys.stream().map(SealingKey::id).collect(Collectors.joining(", "));
    }

    /**
     * Returns the key that seals what goes into a store.
     *
     * @param inUse id of the store's key; null if nothing was sealed there yet
     * @throws SealException if this node has none, or lacks that one
     */
    public SealingKey sealing(@Nullable String inUse) {
        if (inUse == null) {
            return first().orElseThrow(() -> new SealException("this node has no key (expected: one in store.key)"));
        }
        return find(inUse).orElseThrow(() -> missing(inUse));
    }

    private SealException missing(String id) {
        return new SealException("encrypted with the key " + id + ", which this node does not have (it has: " + ids()
                + "; expected: that key in store.key or store.old_keys)");
    }

    /** Seals a secret with a data key of its own, and that with a key. */
    public static SealedSecret seal(SealingKey key, String name, long revision, Secret value, String author) {
        byte[] dataKey = AesGcm.random(DATA_KEY);
        try {
            byte[] ciphertext = AesGcm.seal(
                    new SecretKeySpec(dataKey, "AES"),
                    value.reveal().getBytes(StandardCharsets.UTF_8),
                    SealedSecret.about("secret", name, revision));
            return new SealedSecret(
                    name, revision, ciphertext, wrapped(key, name, revision, dataKey), key.id(), author, null);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has AES-GCM", e);
        }
    }

    private static byte[] wrapped(SealingKey key, String name, long revision, byte[] dataKey)
            throws GeneralSecurityException {
        return AesGcm.seal(key.wrapping(), dataKey, SealedSecret.about("data key", name, revision));
    }

    /**
     * Opens a secret.
     *
     * @throws SealException if its key is not here, or the row was changed or belongs to another secret
     */
    public Secret open(SealedSecret secret) {
        byte[] dataKey = unwrapped(secret);
        try {
            byte[] value = AesGcm.open(
                    new SecretKeySpec(dataKey, "AES"),
                    secret.ciphertext(),
                    SealedSecret.about("secret", secret.name(), secret.revision()));
            return new Secret(new String(value, StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw damaged(e);
        }
    }

    private byte[] unwrapped(SealedSecret secret) {
        SealingKey key = find(secret.keyId()).orElseThrow(() -> missing(secret.keyId()));
        try {
            return AesGcm.open(
                    key.wrapping(),
                    secret.wrappedKey(),
                    SealedSecret.about("data key", secret.name(), secret.revision()));
        } catch (GeneralSecurityException e) {
            throw damaged(e);
        }
    }

    private static SealException damaged(GeneralSecurityException cause) {
        return new SealException(
                "damaged, or swapped with another one (expected: what was stored; store the secret again)", cause);
    }

    /** Returns the same secret with its data key under another key. The secret itself is opened too: it must be whole. */
    SealedSecret rewrapped(SealedSecret secret, SealingKey key) {
        var unused = open(secret);
        try {
            byte[] wrapped = wrapped(key, secret.name(), secret.revision(), unwrapped(secret));
            return new SealedSecret(
                    secret.name(),
                    secret.revision(),
                    secret.ciphertext(),
                    wrapped,
                    key.id(),
                    secret.author(),
                    secret.changedAt());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has AES-GCM", e);
        }
    }
}
