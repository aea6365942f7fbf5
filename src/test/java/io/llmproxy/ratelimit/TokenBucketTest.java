package io.llmproxy.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.ratelimit.RateLimiter.Decision;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TokenBucketTest {
    private final Clock clock = Clock.startingAnywhere();
    private final TokenBucket bucket = TokenBucket.of(10, 2, clock);

    @Test
    void itStartsOutFullAndTokensComeBackWithTime() {
        assertThat(bucket.tryAcquire()).isEqualTo(allowed(1, Duration.ofMillis(100)));
        assertThat(bucket.tryAcquire()).isEqualTo(allowed(0, Duration.ofMillis(200)));
        assertThat(bucket.tryAcquire()).isEqualTo(new Decision(false, 2, 0, 200_000_000, 100_000_000));

        clock.advance(Duration.ofMillis(100));

        assertThat(bucket.tryAcquire().allowed()).isTrue();
        assertThat(bucket.tryAcquire().allowed()).isFalse();
    }

    @Test
    void itHoldsNoMoreThanItsBurst() {
        clock.advance(Duration.ofHours(1));

        assertThat(bucket.tryAcquire().remaining()).isEqualTo(1);
    }

    private static Decision allowed(long remaining, Duration reset) {
        return new Decision(true, 2, remaining, reset.toNanos(), 0);
    }
}
