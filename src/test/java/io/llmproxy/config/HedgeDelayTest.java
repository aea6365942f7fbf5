package io.llmproxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HedgeDelayTest {
    @ParameterizedTest
    @CsvSource({"800ms, 800ms", "50, 50ms", "2s, 2s", "5m, 5m", "p95, p95", "P50, p50", "p99, p99"})
    void readsTimesAndPercentiles(String text, String written) {
        assertThat(HedgeDelay.parse(text)).map(HedgeDelay::toString).hasValue(written);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "49ms", "6m", "-1s", "p", "p49", "p100", "p9", "p95ms", "95%", "soon"})
    void readsNothingElse(String text) {
        assertThat(HedgeDelay.parse(text)).isEmpty();
    }

    @Test
    void isWhatItSays() {
        HedgeDelay learned = HedgeDelay.parse("p95").orElseThrow();
        HedgeDelay fixed = HedgeDelay.parse("95").orElseThrow();

        assertThat(learned)
                .isEqualTo(HedgeDelay.parse("P95").orElseThrow())
                .hasSameHashCodeAs(HedgeDelay.parse("P95").orElseThrow());
        assertThat(learned.percentile()).isEqualTo(95);
        assertThat(learned.fixed()).isNull();
        assertThat(fixed.percentile()).isZero();
        assertThat(fixed)
                .isNotEqualTo(learned)
                .isNotEqualTo(HedgeDelay.parse("96").orElseThrow())
                .isNotEqualTo("95ms");
    }
}
