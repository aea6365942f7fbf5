package io.llmproxy.config;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client key that was issued while the gateway runs: not a part of a document, but a row of a store. Of the key itself only the digest
 * is known.
 *
 * @param id never changes
 * @param config what it is; its key is a digest
 * @param hint the first characters of the key; null if they are not known
 * @param forwards the names of the forwards that it opens; empty for all
 * @param previous the key before it was rotated; null if that is over
 * @param createdBy who issued it
 * @param createdAt when
 * @param revision another after each change, and larger than all before
 */
public record IssuedKey(
        String id,
        ClientKeyConfig config,
        @Nullable String hint,
        List<String> forwards,
        @Nullable Previous previous,
        String createdBy,
        Instant createdAt,
        long revision) {
    /**
     * The key before it was rotated.
     *
     * @param digest of it
     * @param until when it stops working
     */
    public record Previous(KeyDigest digest, Instant until) {}

    /** Copies the list. */
    public IssuedKey {
        forwards = List.copyOf(forwards);
    }

    /** Returns the digest of the key. */
    public KeyDigest digest() {
        return KeyDigest.configured(config.key());
    }
}
