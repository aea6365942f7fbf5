package io.llmproxy.upstream;

import io.llmproxy.config.Provider;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.config.UpstreamConfig.UrlMode;
import io.llmproxy.protocol.ApiBase;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request to a provider holds unless the client has put it there.
 *
 * @param headers its headers
 * @param version the {@code api-version} of its query, or null
 * @param healthPath the path that shows whether the upstream is well, or null if connecting is enough
 */
record ProviderDefaults(
        Map<String, String> headers,
        @Nullable String version,
        @Nullable String healthPath) {
    private static final String VERSION_PARAMETER = "api-version";
    private static final String ANTHROPIC_VERSION = "2023-06-01";

    static ProviderDefaults of(UpstreamConfig config) {
        String version = config.apiVersion();
        Map<String, String> headers = config.provider() == Provider.ANTHROPIC
                ? Map.of("anthropic-version", version == null ? ANTHROPIC_VERSION : version)
                : Map.of();
        boolean inQuery = config.provider() == Provider.AZURE_OPENAI
                && !hasVersion(config.url().getRawQuery());
        // Where every request goes to the one URL, there is no list of models to ask for.
        String healthPath = config.urlMode() == UrlMode.EXACT ? null : healthPath(config);
        return new ProviderDefaults(headers, inQuery ? version : null, healthPath);
    }

    private static @Nullable String healthPath(UpstreamConfig config) {
        return switch (config.provider()) {
            case OPENAI, ANTHROPIC, OLLAMA, VLLM -> "/v1/models";
            case GEMINI -> ApiBase.of(config).isOpenAi() ? "/models" : "/v1beta/models";
            // The path that has the API's version in it takes none of those that have a date.
            case AZURE_OPENAI -> config.apiVersion() == null ? "/openai/v1/models" : "/openai/models";
            case VERTEX, CUSTOM -> null;
        };
    }

    /** Returns a client's query with what it lacks. */
    @Nullable String query(@Nullable String query) {
        if (version == null || hasVersion(query)) {
            return query;
        }
        String added = VERSION_PARAMETER + "=" + version;
        return query == null || query.isEmpty() ? added : query + "&" + added;
    }

    private static boolean hasVersion(@Nullable String query) {
        return query != null
                && Arrays.stream(query.split("&", -1)).anyMatch(pair -> pair.startsWith(VERSION_PARAMETER + "="));
    }
}
