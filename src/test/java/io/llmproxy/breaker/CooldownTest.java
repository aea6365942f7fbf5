package io.llmproxy.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class CooldownTest {
    private static LongStream starts() {
        return LongStream.of(0, 1_000, -1_000, -5, Long.MAX_VALUE - 5, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    @ParameterizedTest
    @MethodSource("starts")
    void isOverBeforeItWasAskedFor(long now) {
        Cooldown cooldown = new Cooldown(now);

        assertThat(cooldown.isOver(now)).isTrue();
        assertThat(cooldown.remainingNanos(now)).isZero();
        assertThat(cooldown.isOver(now + 10)).isTrue();
        assertThat(cooldown.remainingNanos(now + 10)).isZero();
    }

    @ParameterizedTest
    @MethodSource("starts")
    void lastsUntilThen(long now) {
        Cooldown cooldown = new Cooldown(now);
        cooldown.until(now + 10);

        assertThat(cooldown.isOver(now)).isFalse();
        assertThat(cooldown.remainingNanos(now)).isEqualTo(10);
        assertThat(cooldown.isOver(now + 9)).isFalse();
        assertThat(cooldown.remainingNanos(now + 9)).isEqualTo(1);
        assertThat(cooldown.isOver(now + 10)).isTrue();
        assertThat(cooldown.remainingNanos(now + 10)).isZero();
    }

    @ParameterizedTest
    @MethodSource("starts")
    void isExtendedButNeverShortened(long now) {
        Cooldown cooldown = new Cooldown(now);
        cooldown.until(now + 10);
        cooldown.until(now + 5);
        cooldown.until(now - 5);
        assertThat(cooldown.remainingNanos(now)).isEqualTo(10);

        cooldown.until(now + 20);
        assertThat(cooldown.remainingNanos(now)).isEqualTo(20);
        assertThat(cooldown.isOver(now + 19)).isFalse();
    }
}
