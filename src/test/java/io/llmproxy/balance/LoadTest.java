package io.llmproxy.balance;

import static io.llmproxy.balance.Balancers.anyInstant;
import static io.llmproxy.balance.Balancers.serve;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmproxy.balance.Load.Outcome;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class LoadTest {
    private final long now = anyInstant();
    private final Load load = new Load();

    @Test
    void startsWithWhatIsAssumed() {
        assertThat(load.inFlight()).isZero();
        assertThat(load.responseNanos()).isEqualTo(Load.ASSUMED_NANOS).isEqualTo(2e9);
        assertThat(load.firstByteNanos()).isEqualTo(Load.ASSUMED_NANOS);
        assertThat(load.successRate()).isOne();
        assertThat(load.isUntried()).isTrue();
        assertThat(load.idleNanos(now)).isZero();
    }

    @Test
    void theFirstSampleIsTheAverageAndEachFurtherMovesIt() {
        serve(load, now, 100, Outcome.SUCCESS);
        assertThat(load.responseNanos()).isEqualTo(100e6);
        assertThat(load.firstByteNanos()).isEqualTo(50e6);

        serve(load, now, 200, Outcome.SUCCESS);
        assertThat(load.responseNanos()).isCloseTo(115e6, within(1.0));
        assertThat(load.firstByteNanos()).isCloseTo(57.5e6, within(1.0));
    }

    @Test
    void whatWasOvertakenTookAtLeastThatLong() {
        serve(load, now, 100, Outcome.SUCCESS);

        load.overtaken(MILLISECONDS.toNanos(40));
        assertThat(load.firstByteNanos()).isEqualTo(50e6);
        load.overtaken(MILLISECONDS.toNanos(90));
        assertThat(load.firstByteNanos()).isCloseTo(56e6, within(1.0));
        assertThat(load.responseNanos()).isEqualTo(100e6);
        load.overtaken(MILLISECONDS.toNanos(200));
        assertThat(load.responseNanos()).isCloseTo(115e6, within(1.0));
        assertThat(load.successRate()).isOne();
    }

    @Test
    void thatSaysNothingGoodOfOneThatNeverAnswered() {
        load.overtaken(MILLISECONDS.toNanos(400));
        assertThat(load.firstByteNanos()).isEqualTo(Load.ASSUMED_NANOS);

        load.overtaken(MILLISECONDS.toNanos(3_000));
        assertThat(load.firstByteNanos()).isEqualTo(3e9);
        assertThat(load.responseNanos()).isEqualTo(3e9);
    }

    @Test
    void aFailureCountsAgainstTheRateButNotTowardsTheTime() {
        serve(load, now, 100, Outcome.SUCCESS);
        serve(load, now, 1, Outcome.FAILURE);

        assertThat(load.responseNanos()).isEqualTo(100e6);
        assertThat(load.successRate()).isCloseTo(0.85, within(1e-9));
    }

    @ParameterizedTest
    @EnumSource(
            value = Outcome.class,
            names = {"NEUTRAL", "THROTTLED", "TIMED_OUT"})
    void whatIsNoFailureChangesNoAverage(Outcome outcome) {
        serve(load, now, 100, Outcome.SUCCESS);
        serve(load, now, 1, outcome);

        assertThat(load.responseNanos()).isEqualTo(100e6);
        assertThat(load.successRate()).isOne();
        assertThat(load.inFlight()).isZero();
    }

    @Test
    void theSuccessRateHasAFloorAndRecoversFully() {
        for (int request = 0; request < 100; request++) {
            serve(load, now, 1, Outcome.FAILURE);
        }
        assertThat(load.successRate()).isEqualTo(0.01);

        for (int request = 0; request < 100; request++) {
            serve(load, now, 1, Outcome.SUCCESS);
        }
        assertThat(load.successRate()).isGreaterThan(0.999);
    }

    @Test
    void aTimeIsNeverZero() {
        load.responded(0);
        load.finished(now, -5, Outcome.SUCCESS);

        assertThat(load.firstByteNanos()).isEqualTo(1);
        assertThat(load.responseNanos()).isEqualTo(1);
    }

    @Test
    void theCountIsNeverNegative() {
        load.finished(now, 1, Outcome.FAILURE);
        load.finished(now, 1, Outcome.FAILURE);
        assertThat(load.inFlight()).isZero();

        load.started();
        assertThat(load.inFlight()).isOne();
    }

    @ParameterizedTest
    @EnumSource
    void isTriedOnceARequestHasEndedHowever(Outcome outcome) {
        load.started();
        assertThat(load.isUntried()).isFalse();
        assertThat(load.idleNanos(now)).isZero();

        load.finished(now, 1, outcome);
        assertThat(load.isUntried()).isFalse();
    }

    @Test
    void isIdleSinceTheLastRequestEnded() {
        serve(load, now, 100, Outcome.SUCCESS);
        assertThat(load.idleNanos(now + MILLISECONDS.toNanos(30))).isEqualTo(MILLISECONDS.toNanos(30));
        assertThat(load.idleNanos(now - 1)).isNegative();

        load.started();
        assertThat(load.idleNanos(now + MILLISECONDS.toNanos(30))).isZero();
    }

    @Test
    void noSampleIsLostAmongThreads() throws Exception {
        int threads = 4;
        CyclicBarrier start = new CyclicBarrier(threads);
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            for (Future<?> each : IntStream.range(0, threads)
                    .mapToObj(thread -> executor.submit(() -> {
                        start.await();
                        for (int request = 0; request < 10_000; request++) {
                            load.started();
                            load.finished(now, 1000, Outcome.SUCCESS);
                        }
                        load.started();
                        return thread;
                    }))
                    .toList()) {
                each.get();
            }
        } finally {
            executor.shutdownNow();
        }

        assertThat(load.inFlight()).isEqualTo(threads);
        assertThat(load.responseNanos()).isEqualTo(1000);
        assertThat(load.successRate()).isOne();
    }
}
