package io.llmproxy.config;

/** Knows the secrets that a document refers to by <code>${secret:name}</code>. */
public interface SecretSource {
    /** Knows none: the configuration is no document of a store. */
    SecretSource NONE = name -> {
        throw new UnknownSecretException(
                "only a configuration in a store has secrets (expected: ${NAME} or ${file:…})");
    };

    /**
     * Returns a secret.
     *
     * @throws UnknownSecretException if there is none of the name, or it cannot be opened
     */
    Secret secret(String name) throws UnknownSecretException;

    /** Why there is no such secret. */
    final class UnknownSecretException extends Exception {
        private static final long serialVersionUID = 1L;

        /** @param message what is wrong and what was expected, without anything of the secret */
        public UnknownSecretException(String message) {
            super(message);
        }

        /** What is wrong, and what was expected. */
        public String reason() {
            return String.valueOf(getMessage());
        }
    }
}
