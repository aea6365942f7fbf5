package io.llmproxy.access;

import io.llmproxy.audit.AuditNote;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Users, tokens and sessions that all nodes of a store share. Each call but {@link #later} may wait for a database, and throws if that does
 * not answer. A change and its note are stored together.
 */
public interface People {
    /** Whether there is a place for them. */
    boolean isKept();

    /** Does something on a thread that may wait for the database; drops it if the gateway stops. */
    void later(Runnable work);

    /** Returns the users, by name. */
    List<User> users();

    /** Returns a user with the hash of the password. */
    Optional<User.Account> account(String name);

    /** Makes a user; returns whether the name was free. */
    boolean create(User.Account account, AuditNote note);

    /**
     * Changes a user. With another password, role or state, the user's sessions end.
     *
     * @param spare whether somebody can do without an admin among the users
     * @return the user now; nothing if there is none
     * @throws LastAdminException if no admin would be left, and none can be spared
     */
    Optional<User> change(String name, User.Change change, boolean spare, AuditNote note);

    /**
     * Removes a user, and ends the user's sessions.
     *
     * @param spare whether somebody can do without an admin among the users
     * @return whether there was one
     * @throws LastAdminException if no admin would be left, and none can be spared
     */
    boolean remove(String name, boolean spare, AuditNote note);

    /** Notes that a user has signed in. */
    void seen(String name, Instant at);

    /** Returns the tokens, by name. */
    List<ApiToken> tokens();

    /** Returns the token of a digest. */
    Optional<ApiToken> token(String digest);

    /** Keeps a token; returns whether its name was free. */
    boolean create(ApiToken token, String digest, AuditNote note);

    /** Removes a token; returns whether there was one. */
    boolean revoke(String id, AuditNote note);

    /** Notes that a token was used. */
    void used(ApiToken token, Instant at);

    /** Keeps a session. */
    void open(KeptSession session);

    /** Returns a session; nothing if it was closed, or its user may not sign in any more. */
    Optional<KeptSession> session(String digest);

    /** Notes that a session was used. */
    void used(String digest, Instant at);

    /** Ends a session. */
    void close(String digest);

    /** No admin would be left. */
    final class LastAdminException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
