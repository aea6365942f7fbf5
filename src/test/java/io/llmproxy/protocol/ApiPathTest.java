package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ApiPathTest {

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, /v1/chat/completions",
        "/chat/completions, /v1/chat/completions",
        "/v1/completions, /v1/completions",
        "/v1/embeddings, /v1/embeddings",
        "/v1/responses, /v1/responses",
        "/v1/responses/resp_1, /v1/responses/{id}",
        "/responses/resp_1, /v1/responses/{id}",
        "/v1/responses/resp_1/cancel, /v1/responses/{id}/cancel",
        "/v1/responses/input_tokens, /v1/responses/input_tokens",
        "/v1/models, /v1/models",
        "/models, /v1/models",
        "/v1/models/gpt-4o, /v1/models/{id}",
        "/v1/models/ft:gpt-4o:acme::1, /v1/models/{id}",
        "/v1/images/generations, /v1/images/generations",
        "/v1/audio/speech, /v1/audio/speech",
        "/v1/files, /v1/files",
        "/v1/files/file-1, /v1/files/{id}",
        "/v1/files/file-1/content, /v1/files/{id}/content",
        "/v1/batches/b/cancel, /v1/batches/{id}/cancel",
        "/v1/messages, /v1/messages",
        "/v1/messages/count_tokens, /v1/messages/count_tokens",
        "/v1/messages/batches/b/results, /v1/messages/batches/{id}/results",
        "/v1beta/models, /v1beta/models",
        "/v1beta/models/gemini-pro:generateContent, /v1beta/models/{model}:generateContent",
        "/v1/models/gemini-pro:streamGenerateContent, /v1beta/models/{model}:streamGenerateContent",
        "/v1alpha/models/gemini-pro:countTokens, /v1beta/models/{model}:countTokens",
        "/v1beta/models/gemini-pro:embedContent, /v1beta/models/{model}:embedContent",
        "/health, /health",
        "/health/ready, /health/ready",
    })
    void knownPathsHaveTheirNames(String path, String name) {
        assertThat(ApiPath.of(path).endpoint().label()).isEqualTo(name);
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/chat/completions, /v1/chat/completions",
        "/openai/v1/chat/completions, /v1/chat/completions",
        "/v1beta/openai/chat/completions, /v1/chat/completions",
        "/api/paas/v4/chat/completions, /v1/chat/completions",
        "/anthropic/v1/messages, /v1/messages",
        "/openai/responses, /v1/responses",
        "/openai/deployments/gpt-4o/chat/completions, /openai/deployments/{deployment}/chat/completions",
    })
    void aBaseBeforeTheKnownPartIsPassedOver(String path, String name) {
        assertThat(ApiPath.of(path).endpoint().label()).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "v1",
                "*",
                "/v1",
                "/v1/",
                "/v1/chat/completions/",
                "/V1/chat/completions",
                "/v/chat/completions",
                "/vx/chat/completions",
                "/v1/files/",
                "/v1/files//content",
                "/v1/files/a/b/content",
                "/v1/files/content/",
                "/v1/models/a/b",
                "/v1/threads/t/messages",
                "/x/chat/completions",
                "/openaix/chat/completions",
                "/etc/passwd",
            })
    void otherPathsShareOneName(String path) {
        assertThat(ApiPath.of(path).endpoint().label()).isEqualTo(Endpoint.UNNAMED);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "/v1/models/gpt-4o, gpt-4o",
                "/models/gpt-4o, gpt-4o",
                "/V1/Models/gpt-4o, gpt-4o",
                "/v1/models/org/gpt-4o, org/gpt-4o",
                "/v1beta/models/gemini-pro, gemini-pro",
                "/v1/models/ft:gpt-4o:acme::1, ft:gpt-4o:acme::1",
                "/v1/models, -",
                "/v1beta/models/gemini-pro:generateContent, -",
                "/openai/deployments/gpt-4o/chat/completions, -",
                "/v1/projects/p/locations/l/publishers/anthropic/models/claude, -",
                "/v1/chat/completions, -",
            })
    void aModelIsAloneWhereNothingIsToBeDoneWithIt(String path, @Nullable String model) {
        assertThat(ApiPath.of(path).modelAlone(path)).isEqualTo(model);
    }

    @Test
    void anIdMayNotBeEmptyAndNotOverlapWhatFollows() {
        assertThat(ApiPath.of("/v1/files/content").endpoint().label()).isEqualTo("/v1/files/{id}");
        assertThat(ApiPath.of("/v1/models/:generateContent").endpoint().label()).isEqualTo("/v1/models/{id}");
    }

    @Test
    void namesStayFewWhateverIsAsked() {
        SplittableRandom random = new SplittableRandom(20);
        String[] parts = {"v1", "models", "files", "chat", "completions", "messages", "batches", "openai", "responses"};
        Set<String> names = new HashSet<>();
        for (int round = 0; round < 100_000; round++) {
            StringBuilder path = new StringBuilder();
            for (int depth = random.nextInt(1, 6); depth > 0; depth--) {
                boolean known = random.nextInt(3) > 0;
                path.append('/')
                        .append(known ? parts[random.nextInt(parts.length)] : Long.toHexString(random.nextLong()));
            }
            names.add(ApiPath.of(path.toString()).endpoint().label());
        }
        assertThat(names).hasSizeBetween(10, 40).contains(Endpoint.UNNAMED);
    }
}
