package io.llmproxy.admin;

import io.llmproxy.access.Mandate;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.document.Problem;
import io.llmproxy.health.StoreStanding;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The configuration as operators see it: a document, and in a store every version that it had. Each call may wait for a database for
 * some seconds, so it belongs on a thread that may block. Contents are as they were written, so they may hold secrets: never answer with
 * one, nor log it, unless it went through {@link Checked#masked}.
 *
 * <p>Where the configuration is a file, it can be read and checked, but not changed: {@link #isWritable} is false, and every call that
 * changes something throws {@link UnavailableException} with {@link Unavailable#READ_ONLY}.
 */
public interface ConfigDocuments {
    /** Whether the configuration is in a store, and not a file. */
    boolean isWritable();

    /** Returns how this node stands with the store; nothing where the configuration is a file. Never waits. */
    Optional<StoreStanding> standing();

    /**
     * Returns the version that is wanted. Where the configuration is a file: the file, as version 0. While the store is empty: an empty
     * document, as version 0.
     */
    Version head();

    /** Returns the version that is wanted if it goes back unless it is confirmed. */
    default Optional<Unconfirmed> unconfirmed() {
        return Optional.empty();
    }

    /** Returns what manages the configuration, such as {@code git}; nothing if people do. */
    default Optional<String> managedBy() {
        return Optional.empty();
    }

    /**
     * Refuses a change that {@link #commit} would refuse because something else manages the configuration.
     *
     * @param content what is to be stored
     * @param mandate in whose name
     * @param requestKey the same for each attempt to store the same: what the first has stored is not refused; null for only one
     * @throws UnavailableException with {@link Unavailable#MANAGED} if it does
     */
    default void refuseManaged(String content, Mandate mandate, @Nullable String requestKey) {}

    /**
     * Says that nothing manages the configuration any more, so that people change it.
     *
     * @param note what the audit is to say of it, if something did
     * @return what did; nothing if nothing did
     * @throws UnavailableException if that cannot be stored
     */
    Optional<String> release(AuditNote note);

    /** Returns a version with its content, or nothing if there is none of the number. */
    Optional<Version> version(long id);

    /**
     * Returns the latest versions, the newest first, without their contents.
     *
     * @param before only versions below this one; {@link Long#MAX_VALUE} to begin with the newest
     * @param limit how many at most
     */
    List<Version> history(long before, int limit);

    /** Checks a text as this node would when it should serve it; nothing is changed, no port is opened. */
    Checked check(String content);

    /**
     * Checks a document whole, and makes it the version that all nodes serve. Once this returns, it is stored for good; nodes follow
     * within a few seconds, this one at once.
     *
     * @param change what is to be stored
     * @param base the version that the change was made to; 0 if the store is empty
     * @return the new version; the same as before if a change with this request key is stored already
     * @throws MovedException if another version is the head now; nothing was changed
     * @throws io.llmproxy.config.document.ConfigException with every problem if the document cannot be served; nothing was changed
     * @throws UnavailableException if it cannot be stored
     */
    Version commit(Change change, long base) throws MovedException;

    /**
     * Makes a new version of what an older one said.
     *
     * @param to the version to go back to
     * @param base the version that the caller believes to be the head
     * @param mandate in whose name
     * @param note what the audit is to say of it
     * @return the new version; nothing if there is no version {@code to}
     * @throws MovedException if another version is the head now
     * @throws io.llmproxy.config.document.ConfigException if this release cannot serve that version any more
     * @throws UnavailableException if it cannot be stored
     */
    Optional<Version> rollBack(long to, long base, Mandate mandate, AuditNote note) throws MovedException;

    /**
     * Confirms the head, so that it stays.
     *
     * @param version the version that is confirmed
     * @param note what the audit is to say of it
     * @return whether it was still the head
     * @throws UnavailableException if that cannot be stored
     */
    boolean confirm(long version, AuditNote note);

    /** Returns the nodes that have reported within the last hour: which version each serves, and why not another one. */
    List<Node> nodes();

    /**
     * Tells a node that load balancers are to send it no more requests, or may again. It follows within a few seconds; that it is drained
     * ends when it starts again.
     *
     * @param node its id
     * @param by who says so
     * @throws UnavailableException if it cannot be told
     */
    void drain(String node, boolean on, String by);

    /** Tells the other nodes once more, as soon as they can be told, that this one is drained, or is not. */
    default void stays(boolean drained, String by) {}

    /**
     * A version as it was committed.
     *
     * @param id counts the versions from 1
     * @param parent the version that it took the place of; 0 for the first one
     * @param createdAt when, by the database's clock
     * @param author who made it
     * @param message what for
     * @param origin which way it came: ui, api, import, seed, rollback, auto-rollback; file where there is no store
     * @param sha256 of the content, in hexadecimal digits
     * @param content the document as it was written; empty in {@link #history}
     */
    record Version(
            long id,
            long parent,
            Instant createdAt,
            String author,
            String message,
            String origin,
            String sha256,
            String content) {}

    /**
     * A version that goes back by itself.
     *
     * @param version its number
     * @param fallback the version that the store goes back to
     * @param until when, by the database's clock
     */
    record Unconfirmed(long version, long fallback, Instant until) {}

    /** Which way a change comes. */
    enum Way {
        UI,
        API,
        IMPORT
    }

    /**
     * What is to become a version.
     *
     * @param content the document, as YAML or JSON
     * @param author who makes it
     * @param message what for; may be empty
     * @param way which way it comes
     * @param requestKey the same for each attempt to commit the same: the second finds what the first has done; null if there is only
     *     one attempt
     * @param confirmWithin after this time the store goes back to the version before, unless it is confirmed; null for a change that
     *     needs no confirmation
     * @param mandate in whose name
     * @param note what the audit is to say of it, in the same transaction
     */
    record Change(
            String content,
            String author,
            String message,
            Way way,
            @Nullable String requestKey,
            @Nullable Duration confirmWithin,
            Mandate mandate,
            AuditNote note) {}

    /**
     * What a check found.
     *
     * @param problems why the document cannot be served, in its order; empty if it can
     * @param warnings what an operator should look at nevertheless
     * @param stored the document as it would be stored
     * @param masked the document in LLMProxy's own words, as YAML without its secrets: where it is in a store as it is written there, with
     *     its comments; empty if there are problems
     * @param config what it means, with its secrets; null if there are problems
     */
    record Checked(
            List<Problem> problems,
            List<Problem> warnings,
            String stored,
            String masked,
            @Nullable ProxyConfig config) {
        /** Copies the lists. */
        public Checked {
            problems = List.copyOf(problems);
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * A node that follows the store.
     *
     * @param id the same for as long as the node keeps its directory
     * @param boot another at each start
     * @param name what operators call it
     * @param appVersion its release
     * @param active the version that it serves; 0 if none
     * @param tried the version that it tried last
     * @param nack why it does not serve that one, a line for each problem; empty if it does
     * @param own whether it is this one
     * @param seenAt when it reported last, by the database's clock
     * @param live whether that was within the last 35 seconds
     * @param state the phase that it said it was in; null if it did not say
     * @param inFlight how many requests had not ended; null if it did not say
     * @param drainedBy who has drained it; null if it is not drained
     * @param drainedAt when; null if it is not drained
     */
    record Node(
            String id,
            String boot,
            String name,
            String appVersion,
            long active,
            long tried,
            List<String> nack,
            boolean own,
            Instant seenAt,
            boolean live,
            @Nullable String state,
            @Nullable Integer inFlight,
            @Nullable String drainedBy,
            @Nullable Instant drainedAt) {
        /** Copies the list. */
        public Node {
            nack = List.copyOf(nack);
        }
    }

    /** Why something cannot be done now. */
    enum Unavailable {
        /** The configuration is a file. */
        READ_ONLY,
        /** Something else manages the configuration. */
        MANAGED,
        /** The database does not answer; try again later. */
        AWAY,
        /** Another call has stored the same at the same time. */
        CONFLICT,
        /** The database cannot keep a value of the call. */
        INVALID,
        /** The connection was lost in the middle of a commit; the same request key tells whether it was stored. */
        OUTCOME_UNKNOWN
    }

    /** Something cannot be done now. The message is for the operator. */
    final class UnavailableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final Unavailable reason;

        public UnavailableException(Unavailable reason, String message) {
            super(message);
            this.reason = reason;
        }

        /** Why. */
        public Unavailable reason() {
            return reason;
        }
    }

    /** Another change came first: the head is not where the caller believed it to be. Nothing was changed. */
    final class MovedException extends Exception {
        private static final long serialVersionUID = 1L;

        private final long expected;
        private final long actual;

        /**
         * @param expected where the caller believed the head to be
         * @param actual where it is
         */
        public MovedException(long expected, long actual) {
            super("the head is v" + actual + " (expected: v" + expected + ")");
            this.expected = expected;
            this.actual = actual;
        }

        /** Where the caller believed the head to be. */
        public long expected() {
            return expected;
        }

        /** Where it is. */
        public long actual() {
            return actual;
        }
    }
}
