package io.llmproxy.protocol;

/** The APIs whose streams are known: of events, but for the last one. */
enum StreamApi {
    /** OpenAI's chat completions. */
    CHAT,
    /** OpenAI's completions before them. */
    COMPLETIONS,
    /** Anthropic's. */
    MESSAGES,
    /** OpenAI's. */
    RESPONSES,
    /** Google's. */
    GEMINI,
    /** Cohere's own, which was once a JSON document a line as well. */
    COHERE,
    /** A JSON document a line. */
    LINES
}
