package io.llmproxy.admin.oidc;

/** The identity provider does not do its part. The message holds no credential. */
public final class ProviderException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    /** What is wrong. */
    public enum Kind {
        /** It cannot be reached, or does not answer in time. */
        AWAY,
        /** It answers what makes no sense, or what cannot be believed. */
        WRONG,
        /** It does not take the code of this sign-in. */
        CODE
    }

    ProviderException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /** What is wrong. */
    public Kind kind() {
        return kind;
    }

    /** The message, for people. */
    public String text() {
        return String.valueOf(getMessage());
    }

    static ProviderException wrong(String message) {
        return new ProviderException(Kind.WRONG, message);
    }
}
