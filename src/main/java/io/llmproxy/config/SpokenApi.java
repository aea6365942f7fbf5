package io.llmproxy.config;

/**
 * The APIs between which requests and answers are converted, in the words of the configuration. {@code convert}, which knows no
 * configuration, has a type of its own for them.
 */
public enum SpokenApi {
    /** OpenAI's Chat Completions. */
    OPENAI,
    /** OpenAI's Responses. */
    RESPONSES,
    /** Anthropic's Messages. */
    ANTHROPIC,
    /** Google's generateContent. */
    GEMINI
}
