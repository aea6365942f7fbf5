package io.llmproxy.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class MinuteAllowanceTest {
    private static final long SECOND = 1_000_000_000L;
    /** A clock may begin anywhere. */
    private static final long NOW = Long.MAX_VALUE - Duration.ofSeconds(30).toNanos();

    @Test
    void whatIsUsedComesBackEvenly() {
        MinuteAllowance allowance = new MinuteAllowance(60, NOW);
        assertThat(allowance.left(NOW)).isEqualTo(60);
        for (int i = 0; i < 60; i++) {
            assertThat(allowance.untilNanos(1, NOW)).isZero();
            allowance.use(1, NOW);
        }
        assertThat(allowance.left(NOW)).isZero();
        assertThat(allowance.untilNanos(1, NOW)).isEqualTo(SECOND);
        assertThat(allowance.untilNanos(10, NOW)).isEqualTo(10 * SECOND);
        assertThat(allowance.untilNanos(1, NOW + SECOND)).isZero();
        assertThat(allowance.left(NOW + 59 * SECOND)).isEqualTo(59);
        assertThat(allowance.left(NOW + 3600 * SECOND)).isEqualTo(60);
    }

    @Test
    void aDebtIsWaitedFor() {
        MinuteAllowance allowance = new MinuteAllowance(1000, NOW);
        allowance.use(3000, NOW);
        assertThat(allowance.left(NOW)).isEqualTo(-2000);
        assertThat(allowance.untilNanos(0, NOW)).isEqualTo(120 * SECOND);
        assertThat(allowance.untilNanos(1000, NOW)).isEqualTo(180 * SECOND);
    }

    @Test
    void moreThanAllThereIsCanBeHadWhenNothingWasUsed() {
        MinuteAllowance allowance = new MinuteAllowance(1000, NOW);
        assertThat(allowance.untilNanos(5000, NOW)).isZero();
        allowance.use(1, NOW);
        assertThat(allowance.untilNanos(5000, NOW)).isEqualTo(60_000_000L);
    }

    @Test
    void whatIsGivenBackIsThereAndNoMoreThanAll() {
        MinuteAllowance allowance = new MinuteAllowance(1000, NOW);
        allowance.use(800, NOW);
        allowance.use(-300, NOW);
        assertThat(allowance.left(NOW)).isEqualTo(500);
        allowance.use(-5000, NOW);
        assertThat(allowance.left(NOW)).isEqualTo(1000);
        allowance.use(1000, NOW);
        assertThat(allowance.left(NOW)).isZero();
    }
}
