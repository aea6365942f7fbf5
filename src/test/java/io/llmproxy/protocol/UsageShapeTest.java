package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class UsageShapeTest {
    @ParameterizedTest
    @CsvSource({
        "POST, /v1/chat/completions, CHAT",
        "POST, /chat/completions, CHAT",
        "POST, /openai/deployments/d/chat/completions, CHAT",
        "POST, /v1/completions, CHAT",
        "POST, /v1beta/openai/chat/completions, CHAT",
        "POST, /v1/responses, RESPONSES",
        "POST, /v1/messages, MESSAGES",
        "POST, /v1/projects/p/locations/l/publishers/anthropic/models/claude:streamRawPredict, MESSAGES",
        "POST, /v1beta/models/gemini-3:generateContent, GEMINI",
        "POST, /v1/projects/p/locations/l/publishers/google/models/g:streamGenerateContent, GEMINI",
        "POST, /v1beta/models/e:embedContent, GEMINI",
        "POST, /v1/embeddings, EMBEDDINGS",
        "POST, /v1/images/generations, IMAGES",
        "POST, /v1/images/edits, IMAGES",
        "POST, /v1/audio/transcriptions, TRANSCRIPTION",
        "POST, /v1/audio/translations, TRANSCRIPTION",
        "POST, /api/chat, OLLAMA",
        "POST, /api/generate, OLLAMA",
        // U19
        "POST, /v1/messages/count_tokens, ",
        "POST, /v1/responses/input_tokens, ",
        "POST, /v1beta/models/g:countTokens, ",
        "GET, /v1/responses/resp_1, ",
        "GET, /v1/chat/completions, ",
        "POST, /v1/responses/resp_1/cancel, ",
        "POST, /v1/projects/p/locations/l/publishers/meta/models/l:rawPredict, ",
        "GET, /v1/models, ",
        "POST, /v1/messages/batches, ",
    })
    void isKnownByThePath(String method, String path, String shape) {
        assertThat(ApiPath.of(path).endpoint().usage(method).map(Enum::name).orElse(null))
                .isEqualTo(shape);
    }
}
