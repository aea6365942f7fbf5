package io.llmproxy.convert.model;

/** An API that requests are converted from and to. */
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
