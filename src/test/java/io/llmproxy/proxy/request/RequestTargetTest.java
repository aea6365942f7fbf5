package io.llmproxy.proxy.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTargetTest {
    private static boolean isAllowed(String path, @Nullable String query) {
        return RequestTarget.isAllowed(RequestPath.of(path), query);
    }

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
                "/v1/x;version=1",
                "/v1/models/org%2Fname",
                "/v1/models/org%2fname/",
                "/api/v1/models/a%2Fb%2Fc",
                "/%76%31/%6dodels/org%2Fname",
                "/V1/Models/org%2Fname",
                "/v1beta/models/org%2Fname:generateContent",
                "/v1beta/tunedModels/a%2Fb:generateContent",
                "/v1/projects/p/locations/l/publishers/q/models/a%2Fb:rawPredict",
                "/v1/models/%E4%BD%A0%2F%E5%A5%BD",
                "/v1/models/..a%2Fb..%2F...",
                "/!$&'()*+,=:@"
            })
    void lets(String path) {
        assertThat(isAllowed(path, null)).isTrue();
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
                "/v1/;x/chat/completions",
                "/;x/v1/models",
                "/v1/;",
                "/a/;/b",
                "//;x//",
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
                "/v1/a%2Fmodels/b",
                "/v1/%2Fmodels/b",
                "/x/models/a%2Fb",
                "/openai/deployments/a%2Fb/chat/completions",
                "/v1/models/%2Fa",
                "/v1/models/a%2F",
                "/v1/models/a%2F/b",
                "/v1/models/a/%2Fb",
                "/v1/models/a%2F%2Fb",
                "/v1/models/..%2Fb",
                "/v1/models/a%2F..",
                "/v1/models/a%2F%2e%2E%2Fb",
                "/v1/models/a%2F.%2Fb",
                "/v1/models/a%2F..;x%2Fb",
                "/v1/models/a%252Fb",
                "/v1/models/a%25%32%46b",
                "/v1/models/a%5Cb",
                "/v1/models/a%2Fb;c=d",
                "/v1/models/a;b",
                "/v1/x;a%2Fb",
                "/v1/%c0%afx",
                "/v1/%e0%80%af",
                "/v1/%ff",
                "/v1/%C3",
                "/v1/%u002f",
                "/v1/a%\uff12\uff26b",
                "/v1/{a}",
                "/v1/a|b",
                "/v1/a\"b",
                "/v1/a<b>",
                "/v1/[a]",
                "/v1/a^`b",
                "/v1/a b",
                "/v1/a\tb",
                "/v1/\u00e9"
            })
    void refuses(String path) {
        assertThat(isAllowed(path, null)).isFalse();
    }

    @Test
    void aQueryIsOnlyToBePrintable() {
        assertThat(isAllowed("/v1", "a=%2e%2e/..%2f&b=\\")).isTrue();
        assertThat(isAllowed("/v1", "a=\u0001")).isFalse();
        assertThat(isAllowed("/v1", "a=\u00e9")).isFalse();
    }

    @Test
    void theEscapesOfAQueryAreWhole() {
        for (String query : List.of("a=100%", "%", "a=%4", "a=%zz", "a=%2", "%u0041=1", "a=%%41", "a=%25%", "a=%-1")) {
            assertThat(isAllowed("/v1", query)).as(query).isFalse();
        }
        for (String query : List.of("", "a=100%25", "%2541", "%ff%00", "{a}=|b|&[c]=`d`&^\"<>\\=/../..")) {
            assertThat(isAllowed("/v1", query)).as(query).isTrue();
        }
    }
}
