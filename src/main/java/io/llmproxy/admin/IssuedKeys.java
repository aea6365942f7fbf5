package io.llmproxy.admin;

import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.quota.Standing;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The client keys that operators issue while the gateway runs. Except for {@link #isWritable}, {@link #count}, {@link #byScope}, {@link #known} and
 * {@link #standings}, each call may wait for a database for some seconds. Where the configuration is a file there are none, and none can be issued: every call that changes something
 * throws {@link UnavailableException}.
 */
public interface IssuedKeys {
    /** Whether keys can be issued. */
    boolean isWritable();

    /** Returns how many there are, as far as this node knows. Never waits. */
    int count();

    /** Returns how many keys belong to each scope, as far as this node knows. Never waits. */
    Map<String, Long> byScope();

    /** Returns all keys, as far as this node knows, in no order. Never waits. */
    List<IssuedKey> known();

    /**
     * Returns keys whose name, or whose first characters, begin with a text; by name, in whatever letters.
     *
     * @param beginning the text; empty for all keys
     * @param scopes only keys of these scopes; null for all keys
     * @param after only keys whose names come after this one; null to begin with the first
     * @param limit how many at most
     */
    List<IssuedKey> page(String beginning, @Nullable Set<String> scopes, @Nullable String after, int limit);

    /** Returns a key, or nothing if there is none of this id. */
    Optional<IssuedKey> find(String id);

    /** Returns how much is left of the limits of a key, as far as this node knows. Never waits. */
    List<Standing> standings(String id);

    /** Returns the key of a digest, or nothing if there is none. */
    Optional<IssuedKey> find(KeyDigest digest);

    /**
     * Issues a key.
     *
     * @param config what it is; its key is a digest
     * @param hint the first characters of the key; null if they would tell too much of it
     * @param forwards the names of the forwards that it opens; empty for all
     * @param requestKey the same for each attempt to issue the same: the second finds what the first has done; null if there is only one
     * @param note of it, for the audit
     * @throws ConflictException if the name or the key is taken
     */
    Issued issue(
            ClientKeyConfig config,
            @Nullable String hint,
            List<String> forwards,
            @Nullable String requestKey,
            AuditNote note)
            throws ConflictException;

    /**
     * Changes what a key may do. Nodes follow within a few seconds.
     *
     * @param key as it was when the change was made
     * @param config what it is from now on; its value is left as it was
     * @param forwards the names of the forwards that it opens; empty for all
     * @param note of it, for the audit
     * @throws ConflictException if it is gone or has changed, or the name is taken
     */
    IssuedKey change(IssuedKey key, ClientKeyConfig config, List<String> forwards, AuditNote note)
            throws ConflictException;

    /**
     * Gives a key another value.
     *
     * @param key as it was when the change was made
     * @param digest of the other value
     * @param hint its first characters
     * @param grace how long the value until now still works
     * @param note of it, for the audit
     * @throws ConflictException if it is gone or has changed, or another key has the value
     */
    IssuedKey rotate(IssuedKey key, KeyDigest digest, @Nullable String hint, Duration grace, AuditNote note)
            throws ConflictException;

    /**
     * Deletes a key.
     *
     * @param key as it was when the caller saw it
     * @param note of it, for the audit
     * @throws ConflictException if it is gone or has changed
     */
    void delete(IssuedKey key, AuditNote note) throws ConflictException;

    /**
     * What an issue has come to.
     *
     * @param key the key
     * @param again whether the same request had issued it before
     */
    record Issued(IssuedKey key, boolean again) {}

    /** Why a key cannot be changed as it is. */
    enum Conflict {
        GONE,
        CHANGED,
        NAME_TAKEN,
        KEY_TAKEN
    }

    /** A key cannot be changed as it is. Nothing was changed. */
    final class ConflictException extends Exception {
        private static final long serialVersionUID = 1L;

        private final Conflict conflict;

        public ConflictException(Conflict conflict, String message) {
            super(message);
            this.conflict = conflict;
        }

        /** Why. */
        public Conflict conflict() {
            return conflict;
        }
    }
}
