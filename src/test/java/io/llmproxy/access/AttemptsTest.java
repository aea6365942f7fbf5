package io.llmproxy.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AttemptsTest {
    private long now = Long.MAX_VALUE - 5;
    private final Attempts attempts = new Attempts(5, Duration.ofMinutes(1), () -> now);

    private int taken(String key) {
        int taken = 0;
        while (attempts.take(key) == 0) {
            taken++;
        }
        return taken;
    }

    @Test
    void soManyAtOnceAndThenAsTimeGoesOn() {
        assertThat(taken("ann")).isEqualTo(5);
        assertThat(attempts.take("ann")).isEqualTo(13);
        assertThat(taken("bob")).isEqualTo(5);

        now += Duration.ofSeconds(12).toNanos();
        assertThat(taken("ann")).isEqualTo(1);
        now += Duration.ofHours(1).toNanos();
        assertThat(taken("ann")).isEqualTo(5);
    }

    @Test
    void whoSignedInHasAllAgain() {
        assertThat(taken("ann")).isEqualTo(5);
        attempts.forgive("ann");
        assertThat(taken("ann")).isEqualTo(5);
    }

    @Test
    void thoseThatWereUsedLongAgoAreForgotten() {
        assertThat(taken("ann")).isEqualTo(5);
        for (int i = 0; i < 10_000; i++) {
            attempts.take("stranger " + i);
        }
        assertThat(taken("ann")).isEqualTo(5);
    }
}
