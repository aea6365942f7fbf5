package io.llmproxy.protocol;

import static io.llmproxy.config.Provider.ANTHROPIC;
import static io.llmproxy.config.Provider.AZURE_OPENAI;
import static io.llmproxy.config.Provider.CUSTOM;
import static io.llmproxy.config.Provider.GEMINI;
import static io.llmproxy.config.Provider.OLLAMA;
import static io.llmproxy.config.Provider.OPENAI;
import static io.llmproxy.config.Provider.VERTEX;
import static io.llmproxy.config.Provider.VLLM;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.Provider;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiBaseTest {
    private static List<Provider> servers(String path, String base) {
        return Stream.of(Provider.values())
                .filter(provider ->
                        ApiBase.of(provider, base).serves(ApiPath.of(path).family()))
                .toList();
    }

    static Stream<Arguments> paths() {
        return Stream.of(
                served("/v1/chat/completions", OPENAI, AZURE_OPENAI, OLLAMA, VLLM),
                served("/chat/completions", OPENAI, AZURE_OPENAI, OLLAMA, VLLM),
                served("/openai/v1/responses", OPENAI, AZURE_OPENAI, OLLAMA, VLLM),
                served("/v1/embeddings", OPENAI, AZURE_OPENAI, OLLAMA, VLLM),
                served("/v1beta/openai/chat/completions", GEMINI),
                served("/v1beta/openai/models", GEMINI),
                served("/openai/deployments/gpt/chat/completions", AZURE_OPENAI),
                served("/v1/models", OPENAI, ANTHROPIC, GEMINI, AZURE_OPENAI, OLLAMA, VLLM),
                served("/v1/models/m", OPENAI, ANTHROPIC, GEMINI, AZURE_OPENAI, OLLAMA, VLLM),
                served("/v1/files/f/content", OPENAI, ANTHROPIC, GEMINI, AZURE_OPENAI, OLLAMA, VLLM),
                served("/v1/messages", ANTHROPIC, OLLAMA, VLLM),
                served("/v1/messages/count_tokens", ANTHROPIC, OLLAMA, VLLM),
                served("/v1/messages/batches", ANTHROPIC),
                served("/v1/complete", ANTHROPIC),
                served("/v1beta/models", GEMINI),
                served("/v1beta/models/g:generateContent", GEMINI),
                served("/v1/models/g:streamGenerateContent", GEMINI),
                served("/v1/projects/p/locations/l/publishers/google/models/g:generateContent", VERTEX),
                served("/v1/publishers/google/models/g:generateContent", VERTEX),
                served("/v1/projects/p/locations/l/publishers/anthropic/models/c:rawPredict", VERTEX),
                served("/v1/projects/p/locations/l/publishers/anthropic/models/c:streamRawPredict", VERTEX));
    }

    private static Arguments served(String path, Provider... providers) {
        return Arguments.of(path, List.of(providers));
    }

    @ParameterizedTest
    @MethodSource("paths")
    void aProviderServesThePathsOfItsApi(String path, List<Provider> providers) {
        assertThat(servers(path, "/v1")).containsOnlyOnceElementsOf(providers).hasSize(providers.size() + 1);
        assertThat(servers(path, "/v1")).contains(CUSTOM);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/api/chat", "/api/tags", "/v1/whatever", "/health", "/v1/projects/p/endpoints/e"})
    void whatNoApiIsKnownToHaveAnybodyMayServe(String path) {
        assertThat(servers(path, "")).containsExactly(Provider.values());
    }

    @Test
    void belowAPublisherVertexServesGeminisPaths() {
        String base = "/v1/projects/p/locations/l/publishers/google";
        assertThat(servers("/models/g:generateContent", base)).contains(VERTEX);
        assertThat(servers("/models/g:generateContent", "/v1/projects/p/locations/l"))
                .doesNotContain(VERTEX);
    }

    @Test
    void aBaseIsReadInOnePlace() {
        assertThat(ApiBase.of(GEMINI, "/v1beta/openai")).isEqualTo(new ApiBase(GEMINI, true, false));
        assertThat(ApiBase.of(AZURE_OPENAI, "/openai/v1/")).isEqualTo(new ApiBase(AZURE_OPENAI, true, false));
        assertThat(ApiBase.of(VERTEX, "/v1/publishers/google")).isEqualTo(new ApiBase(VERTEX, false, true));
        assertThat(ApiBase.of(CUSTOM, "/openaix")).isEqualTo(new ApiBase(CUSTOM, false, false));
        assertThat(ApiBase.of(CUSTOM, "")).isEqualTo(new ApiBase(CUSTOM, false, false));
    }

    @Test
    void belowItsOwnBaseGoogleServesOpenAisApi() {
        assertThat(servers("/v1/chat/completions", "/v1beta/openai")).contains(GEMINI);
        assertThat(servers("/v1/chat/completions", "/v1beta/openai/")).contains(GEMINI);
        assertThat(servers("/v1/chat/completions", "/v1beta")).doesNotContain(GEMINI);
        assertThat(servers("/v1/messages", "/v1beta/openai")).doesNotContain(GEMINI);
    }
}
