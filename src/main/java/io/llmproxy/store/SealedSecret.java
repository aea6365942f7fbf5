package io.llmproxy.store;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A secret as it is stored: encrypted, so that the key is needed to read it.
 *
 * @param name what documents call it in <code>${secret:name}</code>
 * @param revision counts its values from 1
 * @param ciphertext the value under a data key, bound to name and revision
 * @param wrappedKey the data key under a key of the nodes, bound to the same
 * @param keyId which key that is
 * @param author who stored the value
 * @param changedAt when, by the database's clock; null while it is not stored
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by content, and changed by none.
public record SealedSecret(
        String name,
        long revision,
        byte[] ciphertext,
        byte[] wrappedKey,
        String keyId,
        String author,
        @Nullable Instant changedAt) {
    /** What a ciphertext is bound to: in another row, or as another part of a row, it cannot be opened. */
    static byte[] about(String part, String name, long revision) {
        return ("llmproxy " + part + '\n' + name + '\n' + revision).getBytes(StandardCharsets.UTF_8);
    }

    /** By content. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SealedSecret that
                && name.equals(that.name)
                && revision == that.revision
                && Arrays.equals(ciphertext, that.ciphertext)
                && Arrays.equals(wrappedKey, that.wrappedKey)
                && keyId.equals(that.keyId);
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, revision, Arrays.hashCode(ciphertext));
    }

    @Override
    public String toString() {
        return name + '@' + revision + " under " + keyId;
    }
}
