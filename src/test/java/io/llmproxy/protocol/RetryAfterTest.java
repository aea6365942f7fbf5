package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RetryAfterTest {
    private static final Instant NOW = Instant.parse("1994-11-06T08:49:37Z");

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "999999999, 1", "1000000000, 1", "1000000001, 2"})
    void aTimeIsToldInWholeSecondsThatAreNeverTooShort(long nanos, long seconds) {
        assertThat(RetryAfter.seconds(nanos)).isEqualTo(seconds);
    }

    @ParameterizedTest
    @CsvSource({
        "7, 7000",
        "0, 0",
        "007, 7000",
        "' 7 ', 7000",
        "1.5, 1500",
        "0.001, 1",
        "0.0000000000000000000000000000001, 0",
        "86400, 86400000",
        "2592000, 2592000000",
        "2592001, 2592000000",
        "999999999999, 2592000000",
    })
    void secondsAreRead(String value, long millis) {
        assertThat(nanos(Map.of("retry-after", value)))
                .hasValue(Duration.ofMillis(millis).toNanos());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Sun, 06 Nov 1994 08:50:37 GMT | 60",
                "Sunday, 06-Nov-94 08:50:37 GMT | 60",
                "Sun Nov  6 08:50:37 1994 | 60",
                "Wed Nov 16 08:49:37 1994 | 864000",
                "Sun, 06 Nov 1994 08:49:37 GMT | 0",
                "Sun, 06 Nov 1994 08:49:36 GMT | 0",
                "Sunday, 06-Nov-93 08:49:37 GMT | 0",
                "Thu Jan  1 00:00:00 1970 | 0",
                "Mon, 06 Nov 1994 08:50:37 GMT | 60",
                "Fri, 31 Dec 9999 23:59:59 GMT | 2592000",
                "Sunday, 06-Nov-44 08:49:37 GMT | 2592000",
                "Sunday, 06-Nov-45 08:49:37 GMT | 0",
            })
    void datesAreRead(String value, long seconds) {
        assertThat(nanos(Map.of("retry-after", value)))
                .hasValue(Duration.ofSeconds(seconds).toNanos());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ".",
                ".5",
                "5.",
                "1.2.3",
                "-1",
                "+1",
                "1e3",
                "0x10",
                "NaN",
                "Infinity",
                "1f",
                "1,5",
                "soon",
                "\u0661",
                "1234567890123",
                "00000000000000000000000000000000000000000000000000000000000000001",
                "0.000000000000000000000000000000000000000000000000000000000000001",
                "Sun, 31 Feb 1994 08:49:37 GMT",
                "Sun, 06 Nov 1994 24:00:00 GMT",
                "Sun, 06 Nov 1994 08:49:37 CET",
                "Sun, 06 Nov 1994 08:49:37",
                "Sun, 06-Nov-94 08:49:37 GMT",
                "Sunday, 06-Nov-1994 08:49:37 GMT",
                "Sun Nov  6 08:49:37",
                "1994-11-06T08:49:37Z",
                "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT1",
            })
    void whatCannotBeUnderstoodSaysNothing(String value) {
        assertThat(nanos(Map.of("retry-after", value))).isEmpty();
        assertThat(nanos(Map.of("retry-after-ms", value))).isEmpty();
    }

    @Test
    void millisecondsComeFirst() {
        assertThat(nanos(Map.of("retry-after-ms", "1500.5", "retry-after", "7")))
                .hasValue(1_500_500_000L);
        assertThat(nanos(Map.of("retry-after-ms", "later", "retry-after", "7"))).hasValue(7_000_000_000L);
        assertThat(nanos(Map.of("retry-after-ms", "999999999999")))
                .hasValue(Duration.ofDays(30).toNanos());
    }

    @Test
    void millisecondsAreNoDate() {
        assertThat(nanos(Map.of("retry-after-ms", "Sun, 06 Nov 1994 08:50:37 GMT")))
                .isEmpty();
    }

    @Test
    void noHeaderSaysNothing() {
        assertThat(nanos(Map.of())).isEmpty();
    }

    private static OptionalLong nanos(Map<String, String> headers) {
        return RetryAfter.nanos(headers::get, NOW);
    }
}
