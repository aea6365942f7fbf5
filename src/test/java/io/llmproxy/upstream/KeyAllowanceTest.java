package io.llmproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.AuthKeyConfig;
import io.llmproxy.config.Secret;
import org.junit.jupiter.api.Test;

class KeyAllowanceTest {
    private static final long NOW = 5_000_000_000L;
    private static final long SECOND = 1_000_000_000L;

    private static AuthKeyConfig key(int rpm, int tpm) {
        return new AuthKeyConfig(new Secret("key-of-a-provider"), 1, rpm, tpm);
    }

    private static KeyAllowance of(int rpm, int tpm) {
        return KeyAllowance.of(key(rpm, tpm), null, NOW);
    }

    @Test
    void withoutLimitsNothingIsWaitedFor() {
        KeyAllowance allowance = of(0, 0);
        for (int i = 0; i < 1000; i++) {
            allowance.settle(allowance.begin(NOW), 1_000_000, NOW);
        }
        assertThat(allowance.untilNanos(NOW)).isZero();
    }

    @Test
    void requestsAreCountedWhenTheyBegin() {
        KeyAllowance allowance = of(2, 0);
        allowance.begin(NOW);
        assertThat(allowance.untilNanos(NOW)).isZero();
        allowance.begin(NOW);
        assertThat(allowance.untilNanos(NOW)).isEqualTo(30 * SECOND);
    }

    /** Else all that come while the first is on its way would be sent. */
    @Test
    void aRequestOnItsWayCountsAsTheOnesBeforeIt() {
        KeyAllowance allowance = of(0, 1000);
        long first = allowance.begin(NOW);
        assertThat(first).isZero();
        allowance.settle(first, 400, NOW);
        assertThat(allowance.untilNanos(NOW)).isZero();
        assertThat(allowance.begin(NOW)).isEqualTo(400);
        assertThat(allowance.untilNanos(NOW)).isEqualTo(12 * SECOND);
    }

    @Test
    void whatWasNotUsedIsGivenBack() {
        KeyAllowance allowance = of(0, 1000);
        allowance.settle(allowance.begin(NOW), 600, NOW);
        long expected = allowance.begin(NOW);
        assertThat(allowance.untilNanos(NOW)).isPositive();
        allowance.settle(expected, 0, NOW);
        assertThat(allowance.untilNanos(NOW)).isEqualTo(12 * SECOND);
        assertThat(allowance.untilNanos(NOW + 12 * SECOND)).isZero();
    }

    /** A first request that is larger than the limit must not keep all others waiting for ever. */
    @Test
    void requestsThatAreLargerThanTheLimitAreMadeOneByOne() {
        KeyAllowance allowance = of(0, 100);
        allowance.settle(allowance.begin(NOW), 250, NOW);
        assertThat(allowance.untilNanos(NOW)).isEqualTo(150 * SECOND);
        assertThat(allowance.untilNanos(NOW + 150 * SECOND)).isZero();
    }

    @Test
    void itGoesOnWhileTheFiguresStay() {
        KeyAllowance allowance = of(1, 0);
        allowance.begin(NOW);
        assertThat(KeyAllowance.of(key(1, 0), allowance, NOW)).isSameAs(allowance);
        assertThat(KeyAllowance.of(key(2, 0), allowance, NOW).untilNanos(NOW)).isZero();
        assertThat(KeyAllowance.of(key(1, 5), allowance, NOW).untilNanos(NOW)).isZero();
    }
}
