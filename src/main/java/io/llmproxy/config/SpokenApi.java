package io.llmproxy.config;

/** The APIs between which requests and answers are converted. */
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
