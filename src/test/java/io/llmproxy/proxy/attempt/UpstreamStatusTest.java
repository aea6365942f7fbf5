package io.llmproxy.proxy.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.balance.Load.Outcome;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class UpstreamStatusTest {

    @ParameterizedTest
    @CsvSource({
        "200, SUCCESS",
        "204, SUCCESS",
        "302, SUCCESS",
        "400, NEUTRAL",
        "401, NEUTRAL",
        "404, NEUTRAL",
        "408, TIMED_OUT",
        "422, NEUTRAL",
        "429, THROTTLED",
        "500, FAILURE",
        "501, NEUTRAL",
        "502, FAILURE",
        "503, FAILURE",
        "504, FAILURE",
        "529, FAILURE",
    })
    void saysWhatItMeansForTheUpstream(int status, Outcome outcome) {
        assertThat(UpstreamStatus.outcome(status)).isEqualTo(outcome);
    }
}
