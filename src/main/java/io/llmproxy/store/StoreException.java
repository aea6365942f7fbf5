package io.llmproxy.store;

/** The store cannot do what it is asked. The message is for the operator. */
public final class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    /** What is to be done about it. */
    public enum Kind {
        /** The database does not answer: try again later. */
        AWAY,
        /** The database broke off in the middle of a commit: the same request key tells whether it was stored. */
        OUTCOME_UNKNOWN,
        /** The tables are missing or of another release: migrate them. */
        SCHEMA,
        /** The files of H2 are damaged: they have to be made anew. */
        DAMAGED,
        /** Something else manages the configuration. */
        MANAGED,
        /** The call itself is wrong. */
        REFUSED,
        /** Another call has stored the same at the same time. */
        CONFLICT,
        /** The database cannot keep a value of the call. */
        INVALID
    }

    /**
     * @param kind what is to be done about it
     * @param message for the operator
     */
    public StoreException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    StoreException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What is to be done about it. */
    public Kind kind() {
        return kind;
    }
}
