package io.llmproxy.proxy.answer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LimitHeadersTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0ms",
        "250, 250ms",
        "1000, 1.00s",
        "7660, 7.66s",
        "60000, 1m0s",
        "119001, 2m0s",
        "119500, 2m0s",
        "360000, 6m0s",
        "3599001, 1h0m0s",
        "90061000, 25h1m1s"
    })
    void aDurationIsRoundedUpToWholeSecondsFromAMinuteOn(long millis, String text) {
        assertThat(LimitHeaders.duration(millis)).isEqualTo(text);
    }
}
