package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RoutePatternsTest {
    @Test
    void legalPatternHasNoProblem() {
        assertThat(RoutePatterns.problem("/v1/*")).isEmpty();
    }

    @Test
    void illegalPatternIsShownWithWhatWasExpected() {
        assertThat(RoutePatterns.problem("v1")).contains("v1 (expected: a leading slash)");
    }
}
