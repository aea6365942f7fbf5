package io.llmproxy.capture;

import org.jspecify.annotations.Nullable;

/**
 * What was asked and said: JSON, or a text if it is none or too long. What is null is not known.
 *
 * @param prompt what the model was told
 * @param answer what it said
 * @param parameters how it was to say it, as an object of JSON
 */
public record Said(
        @Nullable String prompt,
        @Nullable String answer,
        @Nullable String parameters) {
    static final Said NOTHING = new Said(null, null, null);

    /** How many characters it has. */
    public int length() {
        return length(prompt) + length(answer) + length(parameters);
    }

    private static int length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }
}
