package io.llmproxy.balance;

import static io.llmproxy.balance.Balancers.anyInstant;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmproxy.balance.Load.Outcome;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MultiplierTest {
    private static final Offset<Double> CLOSE = within(1e-9);

    private final long now = anyInstant();
    private final Multiplier multiplier = new Multiplier();

    @Test
    void startsWithAllOfTheWeight() {
        assertThat(multiplier.at(now)).isOne();
    }

    @ParameterizedTest
    @CsvSource({"THROTTLED, 0.5", "FAILURE, 0.7", "TIMED_OUT, 0.9", "NEUTRAL, 1", "SUCCESS, 1"})
    void eachOutcomeTakesItsPart(Outcome outcome, double left) {
        add(outcome, 1);

        assertThat(multiplier.at(now)).isCloseTo(left, CLOSE);
    }

    @Test
    void whatGoesWrongAddsUpWhateverItWas() {
        add(Outcome.THROTTLED, 1);
        add(Outcome.FAILURE, 1);
        add(Outcome.TIMED_OUT, 1);

        assertThat(multiplier.at(now)).isCloseTo(0.5 * 0.7 * 0.9, CLOSE);
    }

    @Test
    void eachSuccessGivesATenthBackUntilAllIsThere() {
        add(Outcome.THROTTLED, 1);

        add(Outcome.SUCCESS, 1);
        assertThat(multiplier.at(now)).isCloseTo(0.6, CLOSE);
        add(Outcome.SUCCESS, 4);
        assertThat(multiplier.at(now)).isCloseTo(1, CLOSE);
        add(Outcome.SUCCESS, 1);
        assertThat(multiplier.at(now)).isOne();
    }

    @ParameterizedTest
    @CsvSource({"THROTTLED", "FAILURE", "TIMED_OUT"})
    void somethingIsAlwaysLeftToRecoverWith(Outcome outcome) {
        add(outcome, 100);
        assertThat(multiplier.at(now)).isEqualTo(0.05);

        add(Outcome.SUCCESS, 10);
        assertThat(multiplier.at(now)).isOne();
    }

    @Test
    void whatSaysNothingChangesNothing() {
        add(Outcome.THROTTLED, 1);
        add(Outcome.NEUTRAL, 100);

        assertThat(multiplier.at(now)).isEqualTo(0.5);
    }

    @ParameterizedTest
    @CsvSource({"0, 0.2", "6, 0.2", "12, 0.2", "30, 0.5", "45, 0.75", "60, 1", "61, 1", "100000, 1"})
    void oneThatWasOutStartsSlowly(long seconds, double part) {
        multiplier.recovered(now);

        assertThat(multiplier.at(now + SECONDS.toNanos(seconds))).isCloseTo(part, CLOSE);
    }

    @Test
    void recoveryIsWorthThreeTenthsOfTheWeight() {
        add(Outcome.FAILURE, 100);
        multiplier.recovered(now);
        assertThat(multiplier.at(now)).isCloseTo(0.3 * 0.2, CLOSE);
        assertThat(multiplier.at(now + SECONDS.toNanos(60))).isCloseTo(0.3, CLOSE);

        add(Outcome.SUCCESS, 7);
        assertThat(multiplier.at(now + SECONDS.toNanos(60))).isCloseTo(1, CLOSE);
    }

    @Test
    void aSecondRecoveryStartsSlowlyAgain() {
        multiplier.recovered(now);
        multiplier.recovered(now + SECONDS.toNanos(120));

        assertThat(multiplier.at(now + SECONDS.toNanos(150))).isCloseTo(0.5, CLOSE);
    }

    @Test
    void anInstantBeforeTheRecoveryIsItsBeginning() {
        multiplier.recovered(now);

        assertThat(multiplier.at(now - SECONDS.toNanos(5))).isCloseTo(0.2, CLOSE);
    }

    @Test
    void noOutcomeIsLostAmongThreads() throws Exception {
        int threads = 4;
        CyclicBarrier start = new CyclicBarrier(threads);
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            for (Future<?> each : IntStream.range(0, threads)
                    .mapToObj(thread -> executor.submit(() -> {
                        start.await();
                        add(Outcome.TIMED_OUT, 5);
                        return thread;
                    }))
                    .toList()) {
                each.get();
            }
        } finally {
            executor.shutdownNow();
        }

        assertThat(multiplier.at(now)).isCloseTo(Math.pow(0.9, 20), CLOSE);
    }

    private void add(Outcome outcome, int times) {
        for (int i = 0; i < times; i++) {
            multiplier.add(outcome);
        }
    }
}
