package io.llmproxy.protocol;

import io.llmproxy.config.Provider;

/** Paths that the same providers serve. */
public enum ApiFamily {
    /** OpenAI's API, which many have made their own. */
    OPENAI(ApiDialect.OPENAI),
    /** OpenAI's Responses. */
    RESPONSES(ApiDialect.RESPONSES),
    /** OpenAI's API as Google serves it, under {@code /v1beta/openai}. */
    OPENAI_AT_GOOGLE(ApiDialect.OPENAI),
    /** OpenAI's API as Azure serves it, with the deployment in the path. */
    DEPLOYMENTS(ApiDialect.OPENAI),
    /** What several APIs have under the same path: models and files. */
    SHARED(ApiDialect.OPENAI),
    /** Anthropic's Messages, which others serve, too. */
    MESSAGES(ApiDialect.ANTHROPIC),
    /** The rest of Anthropic's API. */
    ANTHROPIC(ApiDialect.ANTHROPIC),
    /** Gemini's API. Its verbs are Vertex AI's, too. */
    GEMINI(ApiDialect.GEMINI),
    /** Vertex AI's, where projects and publishers are in the path. */
    VERTEX(ApiDialect.GEMINI),
    /** Anthropic's API as Vertex AI serves it. */
    VERTEX_CLAUDE(ApiDialect.ANTHROPIC),
    /** Of no API that is known: any upstream may have it. */
    UNKNOWN(ApiDialect.OPENAI);

    private final ApiDialect dialect;

    ApiFamily(ApiDialect dialect) {
        this.dialect = dialect;
    }

    /** The API that it is of; OpenAI's is also assumed where none is known. */
    public ApiDialect dialect() {
        return dialect;
    }

    /**
     * Whether a provider has the paths of this family.
     *
     * @param base path of the upstream's URL: below a base that ends in {@code /openai}, Google serves OpenAI's API, and below one with
     *     a publisher Gemini's paths
     */
    public boolean isServedBy(Provider provider, String base) {
        if (this == UNKNOWN) {
            return true;
        }
        return switch (provider) {
            case CUSTOM -> true;
            case OPENAI -> isOfOpenAi();
            case AZURE_OPENAI -> isOfOpenAi() || this == DEPLOYMENTS;
            case OLLAMA, VLLM -> isOfOpenAi() || this == MESSAGES;
            case ANTHROPIC -> this == MESSAGES || this == ANTHROPIC || this == SHARED;
            case GEMINI -> this == GEMINI || this == SHARED || this == OPENAI_AT_GOOGLE || isOpenAiAtGoogle(base);
            case VERTEX -> isAtVertex() || (this == GEMINI && (base + "/").contains("/publishers/"));
        };
    }

    /** Whether projects or publishers are in the path. */
    public boolean isAtVertex() {
        return this == VERTEX || this == VERTEX_CLAUDE;
    }

    /** Whether OpenAI serves it, and all who took over its API. */
    boolean isOfOpenAi() {
        return this == OPENAI || this == RESPONSES || this == SHARED;
    }

    private boolean isOpenAiAtGoogle(String base) {
        return isOfOpenAi() && (base + "/").contains("/openai/");
    }
}
