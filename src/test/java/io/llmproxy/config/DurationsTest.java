package io.llmproxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DurationsTest {
    @ParameterizedTest
    @CsvSource({
        "200ms, SECONDS, 200, 200ms",
        "200 ms, SECONDS, 200, 200ms",
        "15s, MILLISECONDS, 15000, 15s",
        "5m, SECONDS, 300000, 5m",
        "1h, SECONDS, 3600000, 1h",
        "24h, MILLISECONDS, 86400000, 24h",
        "90s, SECONDS, 90000, 90s",
        "120s, SECONDS, 120000, 2m",
        "60m, SECONDS, 3600000, 1h",
        "1500ms, SECONDS, 1500, 1500ms",
        "0ms, SECONDS, 0, 0s",
        "30, SECONDS, 30000, 30s",
        "30, MILLISECONDS, 30, 30ms",
        "+1, SECONDS, 1000, 1s",
        "0, SECONDS, 0, 0s",
    })
    void durationIsReadAndWritten(String text, Unit bare, long millis, String written) {
        assertThat(Durations.parse(text, bare)).contains(Duration.ofMillis(millis));
        assertThat(Durations.format(Duration.ofMillis(millis))).isEqualTo(written);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "s",
                "ms",
                "-1s",
                "+1s",
                "1.5s",
                "1e3",
                "5M",
                "1H",
                "1d",
                "1us",
                "1m30s",
                "1 s s",
                "PT1S",
                "one",
                "9999999999999999s",
                "9999999999999999"
            })
    void textThatIsNoDurationIsNotRead(String text) {
        assertThat(Durations.parse(text, Unit.SECONDS)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ms", "s", "m", "h", ""})
    void longestNumberOfAnyUnitIsReadWithoutOverflow(String suffix) {
        assertThat(Durations.parse("999999999999999" + suffix, Unit.SECONDS)).isPresent();
    }
}
