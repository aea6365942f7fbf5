package io.llmproxy.balance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecentTimesTest {
    @Test
    void knowsNothingBeforeTheFirstCalls() {
        RecentTimes times = new RecentTimes(95);

        IntStream.range(1, RecentTimes.RENEWED).forEach(times::add);

        assertThat(times.percentileNanos()).isNegative();
        assertThat(times.count()).isEqualTo(RecentTimes.RENEWED - 1);
    }

    @ParameterizedTest
    @CsvSource({"50, 200", "90, 360", "95, 380", "99, 396", "100, 400"})
    void percentileIsTheTimeThatSoManyDoNotExceed(int percentile, long expected) {
        RecentTimes times = new RecentTimes(percentile);

        // 400 numbers in an order of no meaning.
        IntStream.range(0, 400).map(index -> index * 7 % 400 + 1).forEach(times::add);

        assertThat(times.percentileNanos()).isEqualTo(expected);
    }

    @Test
    void oldCallsAreForgotten() {
        RecentTimes times = new RecentTimes(90);
        IntStream.range(0, RecentTimes.KEPT).forEach(index -> times.add(1_000));
        assertThat(times.percentileNanos()).isEqualTo(1_000);

        IntStream.range(0, RecentTimes.KEPT).forEach(index -> times.add(10));

        assertThat(times.percentileNanos()).isEqualTo(10);
        assertThat(times.count()).isEqualTo(2L * RecentTimes.KEPT);
    }

    @Test
    void tailOfLessThanTheRestDoesNotMoveIt() {
        RecentTimes times = new RecentTimes(95);

        IntStream.range(0, 500).forEach(index -> times.add(index % 25 == 0 ? 2_000 : 20));

        assertThat(times.percentileNanos()).isEqualTo(20);
    }
}
