package io.llmproxy.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTargetTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/v1/chat/completions",
                "/v1beta/models/gemini-pro:generateContent",
                "/v1/models/a%20b",
                "/v1/models/100%25",
                "/v1/.hidden",
                "/v1/...",
                "/v1/a..b/c",
                "/a//b",
                "/v1/x;version=1"
            })
    void lets(String path) {
        assertThat(RequestTarget.isAllowed(path, null)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "v1",
                "*",
                "/v1/../x",
                "/v1/./x",
                "/v1/..",
                "/v1/.",
                "/v1/%2e%2e/x",
                "/v1/%2E./x",
                "/v1/..;/x",
                "/v1/..;a=b/x",
                "/v1/.%2e;/x",
                "/v1/..%2fx",
                "/v1/a%2Fb",
                "/v1/a%5cb",
                "/v1/a\\b",
                "/v1/%252e%252e/x",
                "/v1/a%252fb",
                "/v1/%00",
                "/v1/a%0d%0aX:y",
                "/v1/a%7f",
                "/v1/a%",
                "/v1/a%4",
                "/v1/a%zz",
                "/v1/a b",
                "/v1/a\tb",
                "/v1/\u00e9"
            })
    void refuses(String path) {
        assertThat(RequestTarget.isAllowed(path, null)).isFalse();
    }

    @Test
    void aQueryIsOnlyToBePrintable() {
        assertThat(RequestTarget.isAllowed("/v1", "a=%2e%2e/..%2f&b=\\")).isTrue();
        assertThat(RequestTarget.isAllowed("/v1", "a=\u0001")).isFalse();
        assertThat(RequestTarget.isAllowed("/v1", "a=\u00e9")).isFalse();
    }

    @Test
    void leadingSlashesCountAsOne() {
        assertThat(RequestTarget.withoutLeadingSlashes("///v1//x")).isEqualTo("/v1//x");
        assertThat(RequestTarget.withoutLeadingSlashes("/v1")).isEqualTo("/v1");
        assertThat(RequestTarget.withoutLeadingSlashes("//")).isEqualTo("/");
    }
}
