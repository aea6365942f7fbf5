package io.llmproxy.protocol;

import io.llmproxy.config.Provider;
import io.llmproxy.config.UpstreamConfig;
import java.util.Objects;

/**
 * What an upstream's provider and the path of its URL say about the APIs that it serves.
 *
 * @param provider the provider
 * @param isOpenAi whether {@code /openai} is in the path: Google serves OpenAI's API below it
 * @param hasPublisher whether a publisher of Vertex AI's is in the path: Gemini's paths are below it
 */
public record ApiBase(Provider provider, boolean isOpenAi, boolean hasPublisher) {
    /** Reads the URL of an upstream. */
    public static ApiBase of(UpstreamConfig upstream) {
        return of(upstream.provider(), Objects.requireNonNullElse(upstream.url().getRawPath(), ""));
    }

    /**
     * Reads the path of an upstream's URL.
     *
     * @param path the path, with or without a slash at its end; empty for none
     */
    static ApiBase of(Provider provider, String path) {
        String segments = path + "/";
        return new ApiBase(provider, segments.contains("/openai/"), segments.contains("/publishers/"));
    }

    /** Whether the provider has the paths of a family. */
    public boolean serves(ApiFamily family) {
        if (family == ApiFamily.UNKNOWN) {
            return true;
        }
        return switch (provider) {
            case CUSTOM -> true;
            case OPENAI -> family.isOfOpenAi();
            case AZURE_OPENAI -> family.isOfOpenAi() || family == ApiFamily.DEPLOYMENTS;
            case OLLAMA, VLLM -> family.isOfOpenAi() || family == ApiFamily.MESSAGES;
            case ANTHROPIC ->
                family == ApiFamily.MESSAGES || family == ApiFamily.ANTHROPIC || family == ApiFamily.SHARED;
            case GEMINI -> isServedByGoogle(family);
            case VERTEX -> family.isAtVertex() || (family == ApiFamily.GEMINI && hasPublisher);
        };
    }

    private boolean isServedByGoogle(ApiFamily family) {
        return family == ApiFamily.GEMINI
                || family == ApiFamily.SHARED
                || family == ApiFamily.OPENAI_AT_GOOGLE
                || (isOpenAi && family.isOfOpenAi());
    }
}
