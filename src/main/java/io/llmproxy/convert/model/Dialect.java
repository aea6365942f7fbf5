package io.llmproxy.convert.model;

/**
 * An API that requests are converted from and to. What can be decoded and encoded, unlike {@code ApiDialect}, which tells how a
 * client is told an error: all that is not known to be another's counts as OpenAI's there, and has no codec here.
 */
public enum Dialect {
    /** OpenAI's Chat Completions. */
    CHAT("chat"),
    /** OpenAI's Responses. */
    RESPONSES("responses"),
    /** Anthropic's Messages. */
    MESSAGES("messages"),
    /** Google's generateContent. */
    GEMINI("gemini");

    private final String word;

    Dialect(String word) {
        this.word = word;
    }

    /** Returns the name that headers and errors use. */
    public String word() {
        return word;
    }
}
