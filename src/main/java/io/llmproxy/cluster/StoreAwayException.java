package io.llmproxy.cluster;

/** The store does not answer as it should. */
final class StoreAwayException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;

    /** @param reason a few words of ours, for operators */
    StoreAwayException(String reason, Throwable cause) {
        super(reason, cause);
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}
