package io.llmproxy.protocol;

/** The forms in which answers tell what they took; several APIs may share one. */
public enum UsageShape {
    /** OpenAI's chats, and the completions before them, as many serve them. */
    CHAT,
    /** OpenAI's Responses. */
    RESPONSES,
    /** Anthropic's Messages. */
    MESSAGES,
    /** Gemini's and Vertex AI's. */
    GEMINI,
    /** Embeddings, which have no output. */
    EMBEDDINGS,
    /** Images. */
    IMAGES,
    /** Text of sound. */
    TRANSCRIPTION,
    /** Ollama's own API. */
    OLLAMA
}
