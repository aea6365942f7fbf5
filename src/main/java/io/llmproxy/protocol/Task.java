package io.llmproxy.protocol;

import org.jspecify.annotations.Nullable;

/** What an {@link Endpoint} is asked to do, and in which words it answers. */
enum Task {
    CHAT(StreamApi.CHAT, UsageShape.CHAT, Operation.CHAT, false),
    COMPLETION(StreamApi.COMPLETIONS, UsageShape.CHAT, Operation.COMPLETION, false),
    RESPONSE(StreamApi.RESPONSES, UsageShape.RESPONSES, Operation.CHAT, false),
    MESSAGE(StreamApi.MESSAGES, UsageShape.MESSAGES, Operation.CHAT, false),
    CONTENT(null, UsageShape.GEMINI, Operation.CHAT, false),
    CONTENT_STREAM(StreamApi.GEMINI, UsageShape.GEMINI, Operation.CHAT, false),
    /** Claude's at Vertex AI. */
    RAW_MESSAGE(null, UsageShape.MESSAGES, Operation.OTHER, false),
    RAW_MESSAGE_STREAM(StreamApi.MESSAGES, UsageShape.MESSAGES, Operation.OTHER, false),
    OLLAMA(StreamApi.LINES, UsageShape.OLLAMA, Operation.OTHER, false),
    COHERE(StreamApi.COHERE, null, Operation.OTHER, false),
    COHERE_TEXT(StreamApi.LINES, null, Operation.OTHER, false),
    COUNT(null, null, Operation.COUNT, true),
    EMBEDDING(null, UsageShape.EMBEDDINGS, Operation.EMBEDDING, true),
    CONTENT_EMBEDDING(null, UsageShape.GEMINI, Operation.EMBEDDING, true),
    CONTENT_EMBEDDINGS(null, UsageShape.GEMINI, Operation.EMBEDDINGS, true),
    OLLAMA_EMBEDDING(null, UsageShape.OLLAMA, Operation.OTHER, false),
    /** A judgement of texts. */
    ASSESSMENT(null, null, Operation.OTHER, true),
    /** A session of OpenAI's Realtime. */
    REALTIME(null, UsageShape.RESPONSES, Operation.OTHER, false),
    /** A session of Gemini Live. */
    LIVE(null, UsageShape.GEMINI, Operation.OTHER, false),
    IMAGE(null, UsageShape.IMAGES, Operation.OTHER, false),
    TRANSCRIPTION(null, UsageShape.TRANSCRIPTION, Operation.OTHER, false),
    /** What looks like a chat; only its usage is believed. */
    UNKNOWN_CHAT(null, UsageShape.CHAT, Operation.OTHER, false),
    UNKNOWN_COMPLETION(null, UsageShape.CHAT, Operation.COMPLETION, false),
    UNKNOWN_RESPONSE(null, UsageShape.RESPONSES, Operation.OTHER, false),
    UNKNOWN_EMBEDDING(null, UsageShape.EMBEDDINGS, Operation.OTHER, false),
    OTHER(null, null, Operation.OTHER, false);

    private final @Nullable StreamApi streamApi;
    private final @Nullable UsageShape usage;
    private final Operation operation;
    private final boolean harmless;

    Task(@Nullable StreamApi streamApi, @Nullable UsageShape usage, Operation operation, boolean harmless) {
        this.streamApi = streamApi;
        this.usage = usage;
        this.operation = operation;
        this.harmless = harmless;
    }

    /** How streams of it are read; null if nothing is known of them. */
    @Nullable StreamApi streamApi() {
        return streamApi;
    }

    /** How its answers tell what they took; null if they do not. */
    @Nullable UsageShape usage() {
        return usage;
    }

    /** What is common to it and to tasks of other APIs. */
    Operation operation() {
        return operation;
    }

    /** Whether doing it twice makes and costs nothing. */
    boolean isHarmless() {
        return harmless;
    }
}
