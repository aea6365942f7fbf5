package io.llmproxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HostPatternTest {

    @ParameterizedTest
    @CsvSource({
        "localhost, localhost, ''",
        "API.Example.com, api.example.com, ''",
        "api.example.com:8443, api.example.com:8443, ''",
        "*.example.com, *.example.com, ''",
        "*.Example.com:1, *.example.com:1, ''",
        "api.example.com/v1, api.example.com, /v1",
        "api.example.com:065/Deep/a%20b//, api.example.com:65, /Deep/a%20b",
        "api.example.com:65535/, api.example.com:65535, ''",
        "*.test/..., *.test, /...",
        "127.0.0.1:80, 127.0.0.1:80, ''",
        "[::1], [::1], ''",
        "[2001:DB8::1]:8443/v1, [2001:db8::1]:8443, /v1",
        "under_score.test, under_score.test, ''",
        "xn--bcher-kva.example, xn--bcher-kva.example, ''",
    })
    void namesHostAndPrefix(String text, String host, String prefix) {
        HostPattern pattern = HostPattern.parse(text).orElseThrow();

        assertThat(pattern.host()).isEqualTo(host);
        assertThat(pattern.prefix()).isEqualTo(prefix);
        assertThat(pattern.isWildcard()).isEqualTo(text.startsWith("*"));
        assertThat(pattern).hasToString(host + prefix);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "*",
                "*.",
                "*.*.test",
                "a.*.test",
                "*test",
                "a..test",
                ".test",
                "test.",
                "-a.test",
                "a-.test",
                "a b",
                "a.test:",
                "a.test:0",
                "a.test:65536",
                "a.test:123456",
                "a.test:http",
                ":80",
                "/v1",
                "https://a.test",
                "a.test//v1",
                "a.test/v1//x",
                "a.test/v1?x",
                "a.test/v1#x",
                "a.test/*",
                "a.test/..",
                "a.test/./x",
                "a.test/a%2",
                "user@a.test",
                "::1",
                "[]",
                "[a]",
                "[::1",
                "[::1]x",
                "*.[::1]",
                "bücher.example",
            })
    void isRefused(String text) {
        assertThat(HostPattern.parse(text)).isEmpty();
    }

    @Test
    void namesHaveTheirLength() {
        assertThat(HostPattern.parse("a".repeat(63) + ".test")).isPresent();
        assertThat(HostPattern.parse("a".repeat(64) + ".test")).isEmpty();
        assertThat(HostPattern.parse("a.".repeat(126) + "a")).isPresent();
        assertThat(HostPattern.parse("a.".repeat(127) + "a")).isEmpty();
        assertThat(HostPattern.parse("a.test/" + "a".repeat(100_000))).isEmpty();
    }

    @Test
    void thoseThatMeanTheSameAreEqual() {
        Optional<HostPattern> pattern = HostPattern.parse("a.test:80/v1");

        assertThat(HostPattern.parse("A.Test:080/v1/")).isEqualTo(pattern).hasSameHashCodeAs(pattern);
        assertThat(HostPattern.parse("a.test:80/V1")).isNotEqualTo(pattern);
        assertThat(HostPattern.parse("a.test/v1")).isNotEqualTo(pattern);
        assertThat(pattern.orElseThrow()).isNotEqualTo("a.test:80/v1");
    }
}
