package io.llmproxy.protocol;

import io.llmproxy.config.Provider;

/** Paths that the same providers serve. */
public enum ApiFamily {
    /** OpenAI's API, which many have made their own. */
    OPENAI,
    /** OpenAI's API as Google serves it, under {@code /v1beta/openai}. */
    OPENAI_AT_GOOGLE,
    /** OpenAI's API as Azure serves it, with the deployment in the path. */
    DEPLOYMENTS,
    /** What several APIs have under the same path: models and files. */
    SHARED,
    /** Anthropic's Messages, which others serve, too. */
    MESSAGES,
    /** The rest of Anthropic's API. */
    ANTHROPIC,
    /** Gemini's API. Its verbs are Vertex AI's, too. */
    GEMINI,
    /** Vertex AI's, where projects and publishers are in the path. */
    VERTEX,
    /** Of no API that is known: any upstream may have it. */
    UNKNOWN;

    /**
     * Returns the family of a path.
     *
     * @param path the request's path, with or without a base before the part that is known
     */
    public static ApiFamily of(String path) {
        String name = ApiPath.of(path);
        return switch (ApiDialect.ofPath(path)) {
            case GEMINI -> isOfVertex(path) ? VERTEX : GEMINI;
            case ANTHROPIC -> ofAnthropic(path, name);
            case OPENAI -> ofOpenAi(path, name);
        };
    }

    /**
     * Whether a provider has the paths of this family.
     *
     * @param base path of the upstream's URL: below a base that ends in {@code /openai}, Google serves OpenAI's API
     */
    public boolean isServedBy(Provider provider, String base) {
        if (this == UNKNOWN) {
            return true;
        }
        return switch (provider) {
            case CUSTOM -> true;
            case OPENAI -> this == OPENAI || this == SHARED;
            case AZURE_OPENAI -> this == OPENAI || this == SHARED || this == DEPLOYMENTS;
            case OLLAMA, VLLM -> this == OPENAI || this == SHARED || this == MESSAGES;
            case ANTHROPIC -> this == MESSAGES || this == ANTHROPIC || this == SHARED;
            case GEMINI -> this == GEMINI || this == SHARED || this == OPENAI_AT_GOOGLE || isOpenAiAtGoogle(base);
            case VERTEX -> this == VERTEX || this == GEMINI;
        };
    }

    private boolean isOpenAiAtGoogle(String base) {
        return this == OPENAI && (base + "/").contains("/openai/");
    }

    private static boolean isOfVertex(String path) {
        return path.contains("/projects/") || path.contains("/publishers/");
    }

    private static ApiFamily ofAnthropic(String path, String name) {
        if (isOfVertex(path)) {
            return VERTEX;
        }
        return name.equals("/v1/messages") || name.equals("/v1/messages/count_tokens") ? MESSAGES : ANTHROPIC;
    }

    private static ApiFamily ofOpenAi(String path, String name) {
        if (name.equals(ApiPath.OTHER) || name.startsWith("/health")) {
            return UNKNOWN;
        }
        if (name.startsWith("/openai/")) {
            return DEPLOYMENTS;
        }
        if (path.contains("/v1beta/openai/")) {
            return OPENAI_AT_GOOGLE;
        }
        return name.startsWith("/v1/models") || name.startsWith("/v1/files") ? SHARED : OPENAI;
    }
}
