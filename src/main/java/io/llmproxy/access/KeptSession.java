package io.llmproxy.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A session as all nodes know it.
 *
 * @param digest of its name, which only the browser knows
 * @param name who has signed in
 * @param role what that one may do; of a user, what the user may do now
 * @param scope to whose keys that is bound; null for the whole gateway
 * @param authentication how that was found out, such as {@link #PASSWORD}
 * @param opener digest of what has opened it and has to stay in force: the operators' token, or the identity provider; null for neither
 * @param usedAt when it was used last, within a minute
 * @param endsAt when it ends in any case
 */
public record KeptSession(
        String digest,
        String name,
        Role role,
        @Nullable String scope,
        String authentication,
        @Nullable String opener,
        Instant usedAt,
        Instant endsAt) {
    /** The session of one of our own users. */
    public static final String PASSWORD = "password";
}
