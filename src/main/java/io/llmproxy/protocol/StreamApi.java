package io.llmproxy.protocol;

import org.jspecify.annotations.Nullable;

/** The APIs whose event streams are known. */
enum StreamApi {
    /** OpenAI's chat completions, and the completions before them. */
    CHAT,
    /** Anthropic's. */
    MESSAGES,
    /** OpenAI's. */
    RESPONSES,
    /** Google's. */
    GEMINI,
    /** Cohere's own. */
    COHERE;

    /** Returns the API that answers under a request's path, or null if it is not known. */
    static @Nullable StreamApi of(String path) {
        String known = ApiPath.of(path);
        return switch (known) {
            case "/v1/chat/completions",
                    "/v1/completions",
                    "/openai/deployments/{deployment}/chat/completions",
                    "/openai/deployments/{deployment}/completions" -> CHAT;
            case "/v1/messages" -> MESSAGES;
            case "/v1/responses" -> RESPONSES;
            default -> others(path);
        };
    }

    /**
     * Vertex AI's and Cohere's have no place among the known paths, and at those of Cohere's another server may have something of
     * its own.
     */
    private static @Nullable StreamApi others(String path) {
        if (path.endsWith(":streamGenerateContent")) {
            return GEMINI;
        } else if (path.endsWith(":streamRawPredict") && path.contains("/publishers/anthropic/")) {
            return MESSAGES;
        }
        return path.endsWith("/v2/chat") || path.endsWith("/v1/chat") ? COHERE : null;
    }
}
