package io.llmproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class KeyStandingTest {
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();
    private static final long START = Long.MAX_VALUE - 5 * MINUTE;

    private final KeyStanding standing = new KeyStanding(START);

    @Test
    void aNewKeyMayBeUsed() {
        assertThat(standing.isSetAside(START)).isFalse();
        assertThat(standing.asideNanos(START)).isZero();
        assertThat(standing.cooldown().isOver(START)).isTrue();
        assertThat(standing.accepted()).isFalse();
    }

    @Test
    void aRefusedKeyIsSetAsideForAMinute() {
        assertThat(standing.refused(START, START)).isTrue();

        assertThat(standing.isSetAside(START + MINUTE - 1)).isTrue();
        assertThat(standing.asideNanos(START + MINUTE - 1)).isEqualTo(1);
        assertThat(standing.isSetAside(START + MINUTE)).isFalse();
    }

    @Test
    void eachFurtherRefusalDoublesTheTimeUpToAnHour() {
        long now = START;
        for (int minutes : new int[] {1, 2, 4, 8, 16, 32, 60, 60}) {
            assertThat(standing.refused(now, now)).isTrue();
            assertThat(standing.asideNanos(now)).isEqualTo(minutes * MINUTE);
            now += minutes * MINUTE;
        }
    }

    @Test
    void requestsThatWereUnderWayAtTheFirstRefusalCountOnce() {
        standing.refused(START, START + 5);

        assertThat(standing.refused(START + 1, START + 10)).isFalse();
        assertThat(standing.asideNanos(START + 10)).isEqualTo(MINUTE - 5);
    }

    @Test
    void aTryInBetweenThatIsRefusedBeginsTheSameTimeAgain() {
        standing.refused(START, START);

        assertThat(standing.refused(START + 10, START + 20)).isFalse();
        assertThat(standing.asideNanos(START + 20)).isEqualTo(MINUTE);
    }

    @Test
    void aKeyThatIsAcceptedIsAsGoodAsNew() {
        standing.refused(START, START);
        standing.refused(START + MINUTE, START + MINUTE);

        assertThat(standing.accepted()).isTrue();
        assertThat(standing.isSetAside(START + MINUTE)).isFalse();
        assertThat(standing.refused(START + 2 * MINUTE, START + 2 * MINUTE)).isTrue();
        assertThat(standing.asideNanos(START + 2 * MINUTE)).isEqualTo(MINUTE);
    }
}
