package io.llmproxy.store;

/** A client key cannot be stored as it is. Nothing was changed. */
public final class KeyConflictException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    /** Why. */
    public enum Reason {
        /** There is no such key. */
        GONE,
        /** Another change of the key came first. */
        CHANGED,
        /** Another key has the name. */
        NAME_TAKEN,
        /** The key is stored already, or was. */
        KEY_TAKEN
    }

    KeyConflictException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** Why. */
    public Reason reason() {
        return reason;
    }
}
