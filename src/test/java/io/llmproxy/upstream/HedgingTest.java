package io.llmproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.HedgeConfig;
import io.llmproxy.config.HedgeDelay;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HedgingTest {
    private static HedgeConfig config(String after, int samples) {
        return new HedgeConfig(HedgeDelay.parse(after).orElseThrow(), Duration.ofMillis(100), samples);
    }

    private static long millis(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }

    @Test
    void fixedTimeIsKnownFromTheBeginning() {
        Hedging hedging = new Hedging(config("800ms", 50));

        IntStream.range(0, 100).forEach(index -> hedging.took(millis(3_000)));

        assertThat(hedging.delayNanos()).isEqualTo(millis(800));
    }

    @Test
    void percentileAppliesOnceThereAreEnoughSamples() {
        Hedging hedging = new Hedging(config("p90", 24));

        IntStream.range(0, 23).forEach(index -> hedging.took(millis(200 + index)));
        assertThat(hedging.delayNanos()).isNegative();
        hedging.took(millis(500));

        assertThat(hedging.delayNanos()).isEqualTo(millis(221));
    }

    @Test
    void percentileFollowsWhatStreamsTake() {
        Hedging hedging = new Hedging(config("p95", 10));
        IntStream.range(0, 512).forEach(index -> hedging.took(millis(150)));
        assertThat(hedging.delayNanos()).isEqualTo(millis(150));

        IntStream.range(0, 512).forEach(index -> hedging.took(millis(900)));

        assertThat(hedging.delayNanos()).isEqualTo(millis(900));
    }

    @Test
    void percentileIsNotBelowTheFloor() {
        Hedging hedging = new Hedging(config("p50", 10));

        IntStream.range(0, 16).forEach(index -> hedging.took(millis(5)));

        assertThat(hedging.delayNanos()).isEqualTo(millis(100));
    }

    @Test
    void whatWasLearnedOutlivesAConfigurationThatIsTheSame() {
        Hedging before = new Hedging(config("p50", 10));

        assertThat(Hedging.of(config("p50", 10), before)).isSameAs(before);
        assertThat(Hedging.of(config("p60", 10), before)).isNotNull().isNotSameAs(before);
        assertThat(Hedging.of(config("p50", 10), null)).isNotNull();
        assertThat(Hedging.of(null, before)).isNull();
    }
}
