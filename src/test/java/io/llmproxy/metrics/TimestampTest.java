package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimestampTest {
    @ParameterizedTest
    @CsvSource({
        "2026-01-31T23:59:59.123456789Z, 2026-01-31T23:59:59.123456Z",
        "2026-01-31T23:59:59.999999999Z, 2026-01-31T23:59:59.999999Z",
        "2026-02-01T00:00:00Z, 2026-02-01T00:00:00.000000Z",
        "2026-02-01T00:00:00.000001Z, 2026-02-01T00:00:00.000001Z",
        "2024-02-29T12:00:01.5Z, 2024-02-29T12:00:01.500000Z",
        "1969-12-31T23:59:59.25Z, 1969-12-31T23:59:59.250000Z"
    })
    void aMomentIsWrittenToTheMicrosecond(Instant moment, String text) {
        assertThat(Timestamp.of(moment)).isEqualTo(text);
        assertThat(Timestamp.of(moment)).isEqualTo(text);
    }

    @Test
    void thePresentMomentIsTold() {
        Instant before = Instant.now().minusNanos(1_000);
        assertThat(Instant.parse(Timestamp.now())).isBetween(before, Instant.now());
    }
}
