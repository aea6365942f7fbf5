package io.llmproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.Provider;
import io.llmproxy.config.UpstreamConfig.UrlMode;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ProviderDefaultsTest {
    private static ProviderDefaults of(Provider provider, String url, @Nullable String version) {
        return ProviderDefaults.of(UpstreamConfigs.of(provider, url, UrlMode.JOIN, version));
    }

    @ParameterizedTest
    @CsvSource({
        "OPENAI, http://u/v1, , /v1/models",
        "ANTHROPIC, http://u, , /v1/models",
        "OLLAMA, http://u, , /v1/models",
        "VLLM, http://u/v1, , /v1/models",
        "GEMINI, http://u, , /v1beta/models",
        "GEMINI, http://u/v1beta/openai, , /models",
        "AZURE_OPENAI, http://u/openai, , /openai/v1/models",
        "AZURE_OPENAI, http://u, 2024-10-21, /openai/models",
        "VERTEX, http://u, ,",
        "CUSTOM, http://u, ,",
    })
    void itsModelsShowThatAnUpstreamIsWell(
            Provider provider, String url, @Nullable String version, @Nullable String path) {
        assertThat(of(provider, url, version).healthPath()).isEqualTo(path);
    }

    @ParameterizedTest
    @EnumSource(Provider.class)
    void whereTheUrlIsFixedConnectingIsEnough(Provider provider) {
        assertThat(ProviderDefaults.of(UpstreamConfigs.of(provider, "http://u/v1", UrlMode.EXACT, null))
                        .healthPath())
                .isNull();
    }

    @Test
    void anthropicWantsAVersionInAHeader() {
        assertThat(of(Provider.ANTHROPIC, "http://u", null).headers())
                .isEqualTo(Map.of("anthropic-version", "2023-06-01"));
        assertThat(of(Provider.ANTHROPIC, "http://u", "2099-01-01").headers())
                .isEqualTo(Map.of("anthropic-version", "2099-01-01"));
        assertThat(of(Provider.OPENAI, "http://u", null).headers()).isEmpty();
    }

    @Test
    void azureWantsAVersionInTheQueryUnlessThereIsOne() {
        ProviderDefaults azure = of(Provider.AZURE_OPENAI, "http://u", "v");

        assertThat(azure.query(null)).isEqualTo("api-version=v");
        assertThat(azure.query("")).isEqualTo("api-version=v");
        assertThat(azure.query("a=b")).isEqualTo("a=b&api-version=v");
        assertThat(azure.query("a=b&api-version=w")).isEqualTo("a=b&api-version=w");
        assertThat(of(Provider.AZURE_OPENAI, "http://u?api-version=w", "v").query("a=b"))
                .isEqualTo("a=b");
        assertThat(of(Provider.AZURE_OPENAI, "http://u", null).query(null)).isNull();
        assertThat(of(Provider.ANTHROPIC, "http://u", "v").query("a=b")).isEqualTo("a=b");
    }
}
