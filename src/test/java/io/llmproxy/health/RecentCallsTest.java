package io.llmproxy.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RecentCallsTest {
    private static final long START = TimeUnit.SECONDS.toNanos(1_000);

    private final RecentCalls calls = new RecentCalls();

    private static long seconds(long seconds) {
        return START + TimeUnit.SECONDS.toNanos(seconds);
    }

    private static long millis(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }

    @Test
    void percentilesAreAtMostAFifthOff() {
        for (int i = 1; i <= 1000; i++) {
            calls.called(millis(i), START);
        }

        RecentCalls.Times times = calls.minute(START).times();

        assertThat(times.p50()).isBetween(millis(500), millis(600));
        assertThat(times.p95()).isBetween(millis(950), millis(1_140));
        assertThat(times.p99()).isBetween(millis(990), millis(1_188));
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 1, Long.MAX_VALUE})
    void anyTimeHasItsBucket(long nanos) {
        calls.called(nanos, START);

        assertThat(calls.minute(START).requests()).isEqualTo(1);
    }

    @Test
    void whatIsOlderThanAMinuteCountsNoMore() {
        calls.called(1, START);
        calls.failed("upstream_timeout", 0, START);
        assertThat(calls.minute(seconds(49)).errors()).isEqualTo(1);

        assertThat(calls.minute(seconds(60)).requests()).isZero();
        assertThat(calls.minute(seconds(60)).errors()).isZero();
        calls.called(1, seconds(60));
        assertThat(calls.minute(seconds(60)).requests()).isEqualTo(1);
    }

    @Test
    void withoutCallsThereAreNoTimes() {
        RecentCalls.Minute minute = calls.minute(START);

        assertThat(minute.requests()).isZero();
        assertThat(minute.times()).isEqualTo(new RecentCalls.Times(0, 0, 0));
    }

    @Test
    void theLastFiveErrorsAreKeptNewestFirst() {
        for (int status = 500; status < 507; status++) {
            calls.failed("upstream_error", status, START);
        }

        assertThat(calls.failures().stream().map(RecentCalls.Failure::status))
                .isEqualTo(List.of(506, 505, 504, 503, 502));
    }

    @Test
    void upstreamsThatAreGoneAreForgotten() {
        UpstreamHistory history = new UpstreamHistory();
        history.called("a", 1);
        history.failed("b", "upstream_timeout", 0);

        history.retain(List.of("a"));

        assertThat(history.of("a")).isNotNull();
        assertThat(history.of("b")).isNull();
    }
}
