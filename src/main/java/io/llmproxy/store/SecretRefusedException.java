package io.llmproxy.store;

/** A secret is not stored, removed or put under another key: nothing was changed. The message says why, and what was expected. */
public final class SecretRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    public SecretRefusedException(String message) {
        super(message);
    }
}
