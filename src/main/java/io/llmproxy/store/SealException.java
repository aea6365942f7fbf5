package io.llmproxy.store;

/** A secret cannot be sealed or opened. The message says why, after the name of the secret, and holds nothing of it. */
public final class SealException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SealException(String message) {
        super(message);
    }

    SealException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The same about a secret of this name. */
    SealException of(String name) {
        return new SealException("secret " + name + ": " + reason(), this);
    }

    /** What is wrong, and what was expected. */
    public String reason() {
        return String.valueOf(getMessage());
    }
}
