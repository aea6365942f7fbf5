package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.stream.Stream;

/** Types of providers as maywzh's llm-proxy names them, and how we say the same of an upstream. */
enum MaywzhType {
    OPENAI("openai", "openai", "openai", "bearer", "gpt-3.5-turbo"),
    RESPONSES("response_api", "openai", "responses", "bearer", "gpt-3.5-turbo"),
    ANTHROPIC("anthropic", "anthropic", "anthropic", "api_key", "claude-3-haiku-20240307"),
    CLAUDE_ON_VERTEX("gcp-vertex", "vertex", "anthropic", "bearer", "claude-3-haiku-20240307"),
    GEMINI_ON_VERTEX("gemini", "vertex", "gemini", "bearer", "gemini-2.0-flash"),

    /** That system has no such type, and no word for it. */
    GEMINI_AT_GOOGLE("google-ai-studio", "gemini", "gemini", "api_key", "gemini-2.0-flash");

    private final String word;
    private final String provider;
    private final String dialect;
    private final String credential;
    private final String usual;

    MaywzhType(String word, String provider, String dialect, String credential, String usual) {
        this.word = word;
        this.provider = provider;
        this.dialect = dialect;
        this.credential = credential;
        this.usual = usual;
    }

    /** The type that a word names. That system takes every word that it does not know for an API like OpenAI's, and so do we. */
    static MaywzhType of(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "anthropic", "claude" -> ANTHROPIC;
            case "gcp-vertex", "gcp_vertex", "vertex" -> CLAUDE_ON_VERTEX;
            case "gemini", "gcp-gemini" -> GEMINI_ON_VERTEX;
            case "response_api", "response-api", "responses" -> RESPONSES;
            case "google-ai-studio" -> GEMINI_AT_GOOGLE;
            default -> OPENAI;
        };
    }

    /** The word for the type of an upstream. Where that system has none, the word is one that it does not know either. */
    static String word(JsonNode upstream) {
        String provider = upstream.path("provider").asText("custom");
        String dialect = upstream.path("dialect").asText("");
        return Stream.of(values())
                .filter(type -> type.provider.equals(provider) && (dialect.isEmpty() || type.dialect.equals(dialect)))
                .findFirst()
                .map(type -> type.word)
                .orElseGet(() -> of(provider) == OPENAI ? provider : provider + '-' + dialect);
    }

    /** What we call the provider. */
    String provider() {
        return provider;
    }

    /** What it speaks. */
    String dialect() {
        return dialect;
    }

    /** How it is shown its key. */
    String credential() {
        return credential;
    }

    /** A model that such a provider is likely to have. */
    String usualModel() {
        return usual;
    }

    /** Whether it is on Vertex AI, where the address holds more than that system's {@code api_base}. */
    boolean isOnVertex() {
        return provider.equals("vertex");
    }

    /** Whose models it serves there. */
    String publisher() {
        return dialect.equals("anthropic") ? "anthropic" : "google";
    }
}
