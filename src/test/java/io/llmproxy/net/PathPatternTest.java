package io.llmproxy.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PathPatternTest {

    @ParameterizedTest(name = "{0} matches {1}")
    @CsvSource(
            delimiter = ' ',
            value = {
                "/ /",
                "/api /api",
                "/api/ /api/",
                "/v1/models/gemini:generateContent /v1/models/gemini:generateContent",
                "/api/:id /api/1",
                "/api/:id /api/a:b",
                "/api/:user_id/posts/:post /api/1/posts/2",
                "/api/*/docs /api/v1/docs",
                "/api/*/docs /api/v2/docs",
                "/*/docs /api/docs",
                "/files/* /files/",
                "/files/* /files/a",
                "/files/* /files/a/b/",
                "/files/*/* /files/a/b/c",
                "/* /",
                "/* /a/b",
                "/file* /file",
                "/file* /files/a",
                "/files/img-* /files/img-1/large",
                "/api/{id:[0-9]+} /api/42",
                "/api/{:[0-9]+} /api/42",
                "/api/{[0-9]+} /api/42",
                "/api/{id:[0-9]{3}} /api/123",
                "/api/{id:(?:[0-9]{2}){2}}/x /api/1234/x",
                "/api/{id:[^/]+}/x /api/1/x",
                "/api/{id:[{}]+} /api/}{",
                "/api/{id:\\{\\}} /api/{}",
                "/api/{(?:a|b)} /api/b",
                "/api/{a|b} /api/b",
                "/api/{x:.*} /api/",
                "/v{n:[0-9]+}/x /v12/x",
                "/v{n:[0-9]+}.{m:[0-9]+}-rc/x /v1.2-rc/x",
                "/models/{model:[^:]+}:embed /models/m:embed",
                "/{a:x|y}z /yz",
            })
    void matches(String pattern, String path) {
        assertThat(PathPattern.compile(pattern).matches(path)).isTrue();
    }

    @ParameterizedTest(name = "{0} does not match {1}")
    @CsvSource(
            delimiter = ' ',
            value = {
                "/ /a",
                "/ ''",
                "/ *",
                "/api /api/",
                "/api/ /api",
                "/api /API",
                "/api api",
                "/api/:id /api",
                "/api/:id /api/",
                "/api/:id /api/1/",
                "/api/:id /api/1/2",
                "/api/*/docs /api/v1/documents",
                "/api/*/docs /api/v1/v2/docs",
                "/api/*/docs /api//docs",
                "/files/* /files",
                "/files/* /file/a",
                "/file* /fil",
                "/api/{id:[0-9]+} /api/4x",
                "/api/{id:[0-9]+} /api/x4",
                "/api/{id:[0-9]{3}} /api/1234",
                "/api/{id:a|b} /api/ab",
                "/v{n:[0-9]+}/x /v/x",
                "/v{n:[0-9]+}/x /1/x",
                "/v{n:[0-9]+}.x /v1yx",
            })
    void doesNotMatch(String pattern, String path) {
        assertThat(PathPattern.compile(pattern).matches(path)).isFalse();
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "''|a leading slash",
                "api|a leading slash",
                "*|a leading slash",
                "/api/:|a name of letters, digits and `_` `.` `-` after `:`",
                "/api/:a:b|a name of letters, digits and `_` `.` `-` after `:`",
                "/api/:1|a name of letters, digits and `_` `.` `-` after `:`",
                "/api/*x|`*` alone in its segment, or at the very end",
                "/api/x*/y|`*` alone in its segment, or at the very end",
                "/api/**|`*` alone in its segment, or at the very end",
                "/api/*x*|`*` alone in its segment, or at the very end",
                "/api/{id|a closing brace for each opening one",
                "/api/{id:[0-9]{3}|a closing brace for each opening one",
                "/api/id}|an opening brace before the closing one",
                "/api/{a}}|an opening brace before the closing one",
                "/api/{}|an expression in the braces",
                "/api/{id:}|an expression in the braces",
                "/api/{id:[}|a closing brace for each opening one",
                "/api/{id:(}|an expression of RE2, missing closing ) in `(`",
                "/api/{id:(?=a)}|an expression of RE2, invalid or unsupported perl syntax in `(?=`",
                "/api?x=1|a path without query and fragment",
                "/api#x|a path without query and fragment",
            })
    void isRefusedWithAReason(String pattern, String expected) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PathPattern.compile(pattern))
                .withMessage("path: " + pattern + " (expected: " + expected + ")");
    }

    @Test
    void anExpressionIsOneByItself() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PathPattern.compile("/{a)(b}"))
                .withMessageStartingWith("path: /{a)(b} (expected: an expression of RE2, ");
    }

    @Test
    void patternsWithTheSameTextAreEqual() {
        assertThat(PathPattern.compile("/v1/*"))
                .isEqualTo(PathPattern.compile("/v1/*"))
                .hasSameHashCodeAs(PathPattern.compile("/v1/*"))
                .isNotEqualTo(PathPattern.compile("/v2/*"));
    }

    @Test
    void printsAsItWasWritten() {
        assertThat(PathPattern.compile("/api/{id:[0-9]+}/*")).hasToString("/api/{id:[0-9]+}/*");
    }

    @Test
    void theMoreSpecificComesFirst() {
        List<String> ranked = List.of(
                "/api/users/admin",
                "/api/users/*",
                "/api/{a:[a-z]{2}}/users",
                "/api/{b:[a-z]}/users",
                "/api/:id/users",
                "/api/*/users",
                "/api/:id/:other",
                "/api/*/:other",
                "/api/*/*",
                "/api/*",
                "/:any/:thing",
                "/prefix*",
                "/*");
        List<String> texts = new ArrayList<>(ranked);
        Collections.reverse(texts);

        assertThat(texts.stream().map(PathPattern::compile).sorted(PathPattern.MOST_SPECIFIC_FIRST))
                .extracting(PathPattern::toString)
                .containsExactlyElementsOf(ranked);
    }

    @Test
    void namesDoNotRank() {
        assertThat(Stream.of("/:a/{b:[0-9]}", "/:long/{longer:[0-9]}").map(PathPattern::compile))
                .isSortedAccordingTo(PathPattern.MOST_SPECIFIC_FIRST)
                .isSortedAccordingTo(PathPattern.MOST_SPECIFIC_FIRST.reversed());
    }

    @Test
    void noExpressionTakesLong() {
        PathPattern pattern = PathPattern.compile("/{evil:(a+)+$}");
        String path = "/" + "a".repeat(2000) + "!";

        Assertions.assertTimeout(
                Duration.ofSeconds(2), () -> assertThat(pattern.matches(path)).isFalse());
    }
}
