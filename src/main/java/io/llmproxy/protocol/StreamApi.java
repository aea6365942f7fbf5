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
    GEMINI;

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
            default -> known.endsWith(":streamGenerateContent") ? GEMINI : null;
        };
    }
}
