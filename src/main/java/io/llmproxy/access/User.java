package io.llmproxy.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A person who signs in with a password.
 *
 * @param name in lower case
 * @param role what the user may do
 * @param scope to whose keys that is bound; null for the whole gateway
 * @param enabled whether the user may sign in
 * @param createdAt when the user was made
 * @param createdBy who did
 * @param passwordAt when the password was set
 * @param seenAt when the user signed in last; null for never
 */
public record User(
        String name,
        Role role,
        @Nullable String scope,
        boolean enabled,
        Instant createdAt,
        String createdBy,
        Instant passwordAt,
        @Nullable Instant seenAt) {
    /** Whether it is one who may make others. */
    public boolean isAdmin() {
        return enabled && role == Role.ADMIN && scope == null;
    }

    /**
     * A user and the hash of the password.
     *
     * @param password the hash, as {@link PasswordHash#text} writes it
     */
    public record Account(User user, String password) {
        @Override
        public String toString() {
            return user.name();
        }
    }

    /**
     * What is to be changed; null stays as it is.
     *
     * @param scope another scope; empty for the whole gateway
     * @param password the new hash
     */
    public record Change(
            @Nullable Role role,
            @Nullable String scope,
            @Nullable Boolean enabled,
            @Nullable String password) {
        @Override
        public String toString() {
            return "role " + role + ", scope " + scope + ", enabled " + enabled;
        }
    }
}
