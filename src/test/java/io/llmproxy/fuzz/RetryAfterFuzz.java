package io.llmproxy.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.llmproxy.protocol.RetryAfter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever an upstream asks for, it is understood or not, and never longer than 30 days. */
final class RetryAfterFuzz {
    private static final Instant NOW = Instant.parse("2026-11-21T00:00:00Z");

    static Stream<byte[]> seeds() {
        return Stream.of(
                        "7",
                        "1.5",
                        "99999999999999999999",
                        "-1",
                        "Sun, 06 Nov 1994 08:49:37 GMT",
                        "Sunday, 06-Nov-94 08:49:37 GMT",
                        "Sun Nov  6 08:49:37 1994",
                        "Fri, 31 Dec 9999 23:59:59 GMT")
                .map(seed -> seed.getBytes(StandardCharsets.ISO_8859_1));
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "1m")
    void isUnderstoodOrNot(byte[] data) {
        String value = new String(data, StandardCharsets.ISO_8859_1);
        RetryAfter.nanos(header -> value, NOW)
                .ifPresent(nanos ->
                        assertThat(nanos).isBetween(0L, Duration.ofDays(30).toNanos()));
        RetryAfter.nanos(header -> header.equals("retry-after") ? value : null, NOW)
                .ifPresent(nanos ->
                        assertThat(nanos).isBetween(0L, Duration.ofDays(30).toNanos()));
    }
}
