package io.llmproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.UpstreamConfig.UrlMode;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BaseUrlTest {
    @ParameterizedTest
    @CsvSource({
        "https://h/v1, /v1/chat/completions, , /v1/chat/completions",
        "https://h/v1, /chat/completions, , /v1/chat/completions",
        "https://h/v1/, /v1/models, , /v1/models",
        "https://h/v1/, /models, , /v1/models",
        "https://h/v1, /v1, , /v1",
        "https://h/v1, /, , /v1/",
        "https://h/v1/chat/completions, /v1/chat/completions, , /v1/chat/completions",
        "https://h/v1/chat/completions, /chat/completions, , /v1/chat/completions",
        "https://h/openai/v1, /v1/models, , /openai/v1/models",
        "https://h/a/b/a, /a/b/a/c, , /a/b/a/c",
        "https://h/v1, /v10/models, , /v1/v10/models",
        "https://h/v1, /v1x, , /v1/v1x",
        "https://h, /v1/messages, , /v1/messages",
        "https://h/, /v1/messages, , /v1/messages",
        "https://h/v1, /v1/models, a=b%20c&d, /v1/models?a=b%20c&d",
        "https://h/v1?api-version=2, /v1/models, , /v1/models?api-version=2",
        "https://h/v1?api-version=2, /v1/models, a=b, /v1/models?api-version=2&a=b",
    })
    void whatEndsTheBaseAndBeginsTheRequestStandsOnce(
            String url, String path, @Nullable String query, String expected) {
        assertThat(new BaseUrl(URI.create(url), UrlMode.JOIN).target(path, query))
                .isEqualTo(expected);
    }

    @Test
    void exactMeansTheUrlAsItStands() {
        assertThat(new BaseUrl(URI.create("https://h/fixed?x=y"), UrlMode.EXACT).target("/v1/models", "a=b"))
                .isEqualTo("/fixed?x=y");
        assertThat(new BaseUrl(URI.create("https://h"), UrlMode.EXACT).target("/v1/models", null))
                .isEqualTo("/");
    }

    @Test
    void theOriginIsTheUrls() {
        assertThat(new BaseUrl(URI.create("https://h:8443/v1?x"), UrlMode.JOIN).origin())
                .isEqualTo(URI.create("https://h:8443"));
    }
}
