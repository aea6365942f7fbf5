package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmproxy.protocol.ModelPath.Place;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ModelPathTest {
    @ParameterizedTest
    @CsvSource({
        "/v1beta/models/gemini-pro:generateContent, gemini-pro, /v1beta/models/X:generateContent",
        "/v1beta/models/gemini-pro:streamGenerateContent, gemini-pro, /v1beta/models/X:streamGenerateContent",
        "/v1/models/gemini-pro:generateContent, gemini-pro, /v1/models/X:generateContent",
        "/v1beta/models/gemini-pro:somethingNew, gemini-pro, /v1beta/models/X:somethingNew",
        "/v1beta/models/a:b:countTokens, a:b, /v1beta/models/X:countTokens",
        "/models/gemini-pro:generateContent, gemini-pro, /models/X:generateContent",
        "/base/models/gemini-pro:generateContent, gemini-pro, /base/models/X:generateContent",
        "/v1beta/models/gemini-pro, gemini-pro, /v1beta/models/X",
        "/v1beta/models/gemini%2Dpro%c3%a4:generateContent, gemini-pro\u00e4, /v1beta/models/X:generateContent",
        "/v1beta/models/g%ff%:generateContent, g\uFFFD%, /v1beta/models/X:generateContent",
        "/v1beta/models/g%zz:generateContent, g%zz, /v1beta/models/X:generateContent",
        "/v1beta/tunedModels/my-model:generateContent, tunedModels/my-model, /v1beta/models/X:generateContent",
        "/v1beta/models/org/model:generateContent, org/model, /v1beta/models/X:generateContent",
        "/v1/models/gpt-4o, gpt-4o, /v1/models/X",
        "/models/gpt-4o, gpt-4o, /models/X",
        "/v1beta/openai/models/gpt-4o, gpt-4o, /v1beta/openai/models/X",
        "/api/v1/models/org/model, org/model, /api/v1/models/X",
        "/v1/models/ft:gpt-4o:acme::1, ft:gpt-4o:acme::1, /v1/models/X",
        "/v1/projects/p/locations/l/publishers/google/models/gemini-pro:generateContent, gemini-pro, "
                + "/v1/projects/p/locations/l/publishers/google/models/X:generateContent",
        "/v1/projects/v1x/locations/l/publishers/anthropic/models/claude-3@2024:streamRawPredict, claude-3@2024, "
                + "/v1/projects/v1x/locations/l/publishers/anthropic/models/X:streamRawPredict",
        "/models/gcp-vertex/v1/projects/p/locations/l/publishers/q/models/m:rawPredict, m, "
                + "/models/gcp-vertex/v1/projects/p/locations/l/publishers/q/models/X:rawPredict",
        "/openai/deployments/gpt-4o/chat/completions, gpt-4o, /openai/deployments/X/chat/completions",
        "/base/openai/deployments/gpt%204/embeddings, gpt 4, /base/openai/deployments/X/embeddings",
        "/openai/deployments/gpt-4o, gpt-4o, /openai/deployments/X",
    })
    void theModelIsReadAndReplaced(String path, String model, String other) {
        assertThat(ModelPath.model(path)).isEqualTo(model);
        assertThat(ModelPath.withModel(path, "X")).isEqualTo(other);
        assertThat(ModelPath.place(path, ApiPath.of(path).endpoint())).isEqualTo(Place.PATH);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/models",
                "/models/",
                "/v1/models",
                "/v1/models/",
                "/v1beta/models",
                "/v1beta/models/:generateContent",
                "/v1beta/tunedModels/:generateContent",
                "/v1/chat/completions",
                "/x/models/y",
                "/v1/files/models",
                "/openai/deployments/",
                "/openai/deployments//chat/completions",
                "/deployments/gpt-4o/chat/completions",
                "/v1/projects/p/locations/l/publishers/google/models/:generateContent",
                "/v1/projects/p/locations/l/publishers/google/models",
            })
    void aPathMayHaveNoModel(String path) {
        assertThat(ModelPath.model(path)).isNull();
        assertThatIllegalArgumentException().isThrownBy(() -> ModelPath.withModel(path, "X"));
        assertThat(ModelPath.place(path, ApiPath.of(path).endpoint())).isNotEqualTo(Place.PATH);
    }

    @ParameterizedTest
    @CsvSource({
        "org/model, /v1beta/models/org%2Fmodel:generateContent",
        "../../x, /v1beta/models/..%2F..%2Fx:generateContent",
        "a b?c#d;e%f, /v1beta/models/a%20b%3Fc%23d%3Be%25f:generateContent",
        "\u00e4\uD83D\uDE00, /v1beta/models/%C3%A4%F0%9F%98%80:generateContent",
        "claude-3@2024:1, /v1beta/models/claude-3@2024:1:generateContent",
        "'a\r\nb\\', /v1beta/models/a%0D%0Ab%5C:generateContent",
        "tunedModels/x, /v1beta/tunedModels/x:generateContent",
        "tunedModels/x/y, /v1beta/tunedModels/x%2Fy:generateContent",
    })
    void aNameStaysWithinItsSegment(String model, String path) {
        assertThat(ModelPath.withModel("/v1beta/models/g:generateContent", model))
                .isEqualTo(path);
        assertThat(ModelPath.model(path)).isEqualTo(model);
    }

    @Test
    void aCollectionIsOfGooglesOnly() {
        assertThat(ModelPath.withModel("/openai/deployments/d/embeddings", "tunedModels/x"))
                .isEqualTo("/openai/deployments/tunedModels%2Fx/embeddings");
        assertThat(ModelPath.withModel("/v1beta/tunedModels/a:generateContent", "tunedModels/b"))
                .isEqualTo("/v1beta/tunedModels/b:generateContent");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "tunedModels/", "tunedModels/.."})
    void aNameLeadsToNoOtherDirectory(String model) {
        assertThatIllegalArgumentException().isThrownBy(() -> ModelPath.withModel("/v1/models/m", model));
    }

    @Test
    void whateverTheNameIsThePathHasAsManySegments() {
        SplittableRandom random = new SplittableRandom(5);
        for (int round = 0; round < 20_000; round++) {
            StringBuilder name = new StringBuilder("n");
            for (int length = random.nextInt(12); length > 0; length--) {
                name.append("/.%;?#:\\ a\u00e4\n".charAt(random.nextInt(12)));
            }
            String path = ModelPath.withModel("/v1/models/m", name.toString());

            assertThat(path).matches("/v1/models/[!-~&&[^/?#;\\\\]]+");
            assertThat(Objects.requireNonNull(ModelPath.model(path))).isEqualTo(name.toString());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, BODY",
        "/chat/completions, BODY",
        "/v1/completions, BODY",
        "/v1/embeddings, BODY",
        "/v1/messages, BODY",
        "/v1/messages/count_tokens, BODY",
        "/v1/audio/transcriptions, BODY",
        "/v1/responses, BODY_OPTIONAL",
        "/v1/images/generations, BODY_OPTIONAL",
        "/v1/images/edits, BODY_OPTIONAL",
        "/v1/moderations, BODY_OPTIONAL",
        "/api/chat, BODY_OPTIONAL",
        "/, BODY_OPTIONAL",
        "/v1/responses/r, NONE",
        "/v1/files, NONE",
        "/v1/files/f/content, NONE",
        "/v1/models, NONE",
        "/v1beta/models, NONE",
        "/v1/batches, ELSEWHERE",
        "/v1/messages/batches, ELSEWHERE",
        "/health, NONE",
        "/v1/models/m, PATH",
    })
    void eachPathHasAPlaceForTheModel(String path, Place place) {
        assertThat(ModelPath.place(path, ApiPath.of(path).endpoint())).isEqualTo(place);
    }
}
