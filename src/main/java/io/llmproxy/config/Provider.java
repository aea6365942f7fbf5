package io.llmproxy.config;

import java.util.Locale;

/** Whose API an upstream serves. */
public enum Provider {
    OPENAI("Authorization"),
    ANTHROPIC("x-api-key"),
    GEMINI("x-goog-api-key"),
    VERTEX("x-goog-api-key"),
    AZURE_OPENAI("api-key"),
    OLLAMA("Authorization"),
    VLLM("Authorization"),
    /** Anybody's: nothing is known of it but what the configuration says. */
    CUSTOM("");

    private final String keyHeader;
    private final String label = name().toLowerCase(Locale.ROOT);

    Provider(String keyHeader) {
        this.keyHeader = keyHeader;
    }

    /** Its name in configurations and prices. */
    public String label() {
        return label;
    }

    /** Whether it is one of Google's, which name what they keep by a {@code name}. */
    public boolean isGoogle() {
        return this == GEMINI || this == VERTEX;
    }

    /** The header in which it wants its key; {@code Authorization} holds it as a bearer's. Empty if that is not known. */
    public String keyHeader() {
        return keyHeader;
    }
}
