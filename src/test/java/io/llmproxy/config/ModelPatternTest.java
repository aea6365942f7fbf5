package io.llmproxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ModelPatternTest {
    private static ModelPattern pattern(String text) {
        return ModelPattern.parse(text).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "gpt-4o, gpt-4o, true",
        "gpt-4o, gpt-4o-mini, false",
        "gpt-4o, GPT-4o, false",
        "gpt-3.5, gpt-3.5, true",
        "gpt-3.5, gpt-3x5, false",
        "gpt-3?, gpt-3, false",
        "claude-*, claude-, true",
        "claude-*, claude-3.5-sonnet, true",
        "claude-*, my-claude-3, false",
        "gpt-3.5*, gpt-3.5-turbo, true",
        "gpt-3.5*, gpt-345, false",
        "*-4+*, gpt-4+x, true",
        "*-4+*, gpt-44x, false",
        "gpt-4.*, gpt-4, true",
        "gpt-4.*, gpt-4o, true",
        "gpt-4.*, xgpt-4o, false",
        "gpt-4.+, gpt-4, false",
        "gpt-[34], gpt-4, true",
        "gpt-[34], gpt-4o, false",
        "a|ab, ab, true",
        "a|b, ab, false",
        "a|b, xb, false",
        "^gpt-4$, gpt-4, true",
        "(?i)gpt-4, GPT-4, true",
        "gpt\\.4, gpt.4, true",
        "gpt\\.4, gptx4, false"
    })
    void aPatternDescribesAWholeName(String text, String model, boolean matches) {
        assertThat(pattern(text).matches(model)).isEqualTo(matches);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt-4o", "gpt-3.5", "a+b", "what?", "{x}", "models/gemini-2.5-pro", "ft:gpt-4:org::id"})
    void namesAreExact(String text) {
        assertThat(pattern(text).isExact()).isTrue();
        assertThat(pattern(text).matches(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", ".*", "a.+", "[a]", "(a)", "a|b", "^a", "a$", "a\\d"})
    void patternsAreNot(String text) {
        assertThat(pattern(text).isExact()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "(", "[a", "(?<=a)b.*", "\\1", "a{1,2000}|b"})
    void whatIsNoPatternIsNothing(String text) {
        assertThat(ModelPattern.parse(text)).isEmpty();
    }

    @Test
    void matchingTakesLinearTime() {
        assertThat(pattern("(a+)+b|.*c").matches("a".repeat(20_000))).isFalse();
    }

    @Test
    void patternsAreEqualByTheirText() {
        assertThat(pattern("a*"))
                .isEqualTo(pattern("a*"))
                .hasSameHashCodeAs(pattern("a*"))
                .hasToString("a*");
        assertThat(pattern("a*")).isNotEqualTo(pattern("a.*"));
        assertThat(pattern("a*").text()).isEqualTo("a*");
    }
}
