package io.llmproxy.convert.model;

/**
 * State of a provider's model that only this provider can read: a signature, encrypted reasoning. It is never parsed,
 * and never sent to another family.
 *
 * @param family whose it is, such as {@code anthropic}, {@code vertex-anthropic}, {@code openai}, {@code gemini}
 * @param kind what it belongs to
 * @param value the state as it was received
 */
public record Opaque(String family, Kind kind, String value) {
    /** What a state belongs to. */
    public enum Kind {
        /** To the reasoning that it came with. */
        SIGNATURE,
        /** To reasoning that the vendor does not show. */
        REDACTED,
        /** To a call. */
        CALL,
        /** To the text before it. */
        TEXT
    }
}
