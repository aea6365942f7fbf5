package io.llmproxy.protocol;

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

    /** Whether projects or publishers are in the path. */
    public boolean isAtVertex() {
        return this == VERTEX || this == VERTEX_CLAUDE;
    }

    /** Whether OpenAI serves it, and all who took over its API. */
    boolean isOfOpenAi() {
        return this == OPENAI || this == RESPONSES || this == SHARED;
    }
}
