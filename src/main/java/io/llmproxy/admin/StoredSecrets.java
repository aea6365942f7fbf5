package io.llmproxy.admin;

import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.Secret;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The secrets in a store, as operators see them: never their values. Each call may wait for a database for some seconds. Where the
 * configuration is a file there are none: every call throws {@link UnavailableException}.
 */
public interface StoredSecrets {
    /** Returns all, by name, and how their key stands. */
    All all();

    /**
     * Stores a value, in the place of the one before if there is one. Nodes that need it follow.
     *
     * @param note what the audit is to say of it
     * @throws io.llmproxy.config.document.ConfigException if the configuration would not be valid with it; nothing was changed
     */
    Told put(String name, Secret value, AuditNote note) throws RefusedException;

    /**
     * Removes one that the configuration does not refer to.
     *
     * @param note what the audit is to say of it
     * @return whether there was one
     */
    boolean delete(String name, AuditNote note) throws RefusedException;

    /**
     * Puts all under the first key of this node: all of them, or none.
     *
     * @param dry whether everything is done but the change
     * @param note what the audit is to say of it
     */
    Rotated rotate(boolean dry, AuditNote note) throws RefusedException;

    /**
     * All secrets.
     *
     * @param key id of the key that they are encrypted with; null if there is none yet
     * @param ownKeys ids of the keys of this node, the one in use first
     * @param secrets the secrets, by name
     */
    record All(@Nullable String key, List<String> ownKeys, List<Told> secrets) {
        /** Copies the lists. */
        public All {
            ownKeys = List.copyOf(ownKeys);
            secrets = List.copyOf(secrets);
        }
    }

    /**
     * A secret.
     *
     * @param name what documents call it
     * @param revision counts its values from 1
     * @param fingerprint tells whether two are the same; null if this node cannot open it
     * @param problem why it cannot; null if it can
     * @param author who stored the value
     * @param changedAt when
     */
    record Told(
            String name,
            long revision,
            @Nullable String fingerprint,
            @Nullable String problem,
            String author,
            @Nullable Instant changedAt) {}

    /**
     * What a change of the key came to.
     *
     * @param from id of the key before; null if there was none
     * @param to id of the key now
     * @param secrets how many are under it
     */
    record Rotated(@Nullable String from, String to, int secrets) {}

    /** Nothing was changed. The message says why, and what was expected. */
    final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        public RefusedException(String message) {
            super(message);
        }
    }
}
