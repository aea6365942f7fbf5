package io.llmproxy.breaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmproxy.breaker.CircuitBreaker.Permit;
import io.llmproxy.breaker.CircuitBreaker.State;
import io.llmproxy.config.BreakerConfig;
import io.llmproxy.testing.Allocation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CircuitBreakerTest {
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofHours(1);

    /** Some instant; SmallRye's own clock goes on beside it. */
    private final long now = new SplittableRandom().nextLong();

    private final List<String> changes = new CopyOnWriteArrayList<>();

    @ParameterizedTest
    @CsvSource({
        "0.5, 4, '', CLOSED",
        "0.5, 4, FFF, CLOSED",
        "0.5, 4, FFFF, OPEN",
        "0.5, 4, FFSS, OPEN",
        "0.5, 4, SSFF, OPEN",
        "0.5, 4, SSSF, CLOSED",
        "0.5, 4, SSSFSSSF, CLOSED",
        "0.5, 4, SSSFSSF, OPEN",
        "0.5, 4, SSSFSF, OPEN",
        "0.5, 4, FFDDDD, CLOSED",
        "0.5, 4, FFDDSDS, OPEN",
        "0.5, 5, FFSSS, CLOSED",
        "0.5, 5, FFFSS, OPEN",
        "1, 3, FFSFF, CLOSED",
        "1, 3, SFFF, OPEN",
        "0.01, 10, SSSSSSSSSF, OPEN",
        "0.5, 1, S, CLOSED",
        "0.5, 1, F, OPEN",
    })
    void opensWhenTooManyOfTheLastCallsHaveFailed(double threshold, int window, String calls, State state) {
        CircuitBreaker breaker = breaker(threshold, window, LONG);
        calls.chars().forEach(call -> tell(permit(breaker, now), call));

        assertThat(breaker.state()).isEqualTo(state);
        assertThat(changes).isEqualTo(state == State.OPEN ? List.of("CLOSED->OPEN") : List.of());
    }

    @Test
    void letsEveryoneThroughWhileClosed() {
        CircuitBreaker breaker = breaker(0.5, 4, LONG);
        List<Permit> permits = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            permits.add(permit(breaker, now));
        }

        assertThat(permits).hasSize(100).noneMatch(Permit::isProbe);
        assertThat(breaker.isPermitting(now)).isTrue();
        assertThat(breaker.remainingNanos(now)).isZero();
    }

    @Test
    void anOpenBreakerLetsNoRequestThrough() {
        CircuitBreaker breaker = open(LONG);
        long cooldown = LONG.toNanos();

        assertThat(breaker.tryAcquire(now)).isNull();
        assertThat(breaker.isPermitting(now)).isFalse();
        assertThat(breaker.remainingNanos(now)).isEqualTo(cooldown);
        assertThat(breaker.tryAcquire(now + cooldown - 1)).isNull();
        assertThat(breaker.isPermitting(now + cooldown - 1)).isFalse();
        assertThat(breaker.remainingNanos(now + cooldown - 1)).isEqualTo(1);
        assertThat(breaker.remainingNanos(now + cooldown + 1)).isZero();
    }

    @Test
    void becomesHalfOpenWithoutAnyCall() {
        CircuitBreaker breaker = halfOpen(SHORT);

        assertThat(changes).containsExactly("CLOSED->OPEN", "OPEN->HALF_OPEN");
        assertThat(breaker.isPermitting(now)).isTrue();
        assertThat(breaker.remainingNanos(now)).isZero();
    }

    @Test
    void probesGoThroughOneAtATime() {
        CircuitBreaker breaker = halfOpen(SHORT);
        Permit probe = permit(breaker, now);

        assertThat(probe.isProbe()).isTrue();
        assertThat(breaker.isPermitting(now)).isFalse();
        assertThat(breaker.tryAcquire(now)).isNull();

        probe.succeeded(now);
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        assertThat(breaker.isPermitting(now)).isTrue();
        assertThat(breaker.tryAcquire(now)).isNotNull();
    }

    @Test
    void threeProbesThatSucceedCloseIt() {
        CircuitBreaker breaker = halfOpen(SHORT);
        permit(breaker, now).succeeded(now);
        permit(breaker, now).succeeded(now);
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        permit(breaker, now).succeeded(now);

        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThat(changes).containsExactly("CLOSED->OPEN", "OPEN->HALF_OPEN", "HALF_OPEN->CLOSED");
        // And nothing of before is remembered.
        permit(breaker, now).failed(now);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        permit(breaker, now).failed(now);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    void aProbeThatFailsOpensItAgain() {
        CircuitBreaker breaker = halfOpen(SHORT);
        permit(breaker, now).succeeded(now);
        permit(breaker, now).succeeded(now);
        long later = now + 1_000_000;
        permit(breaker, later).failed(later);

        assertThat(changes).startsWith("CLOSED->OPEN", "OPEN->HALF_OPEN", "HALF_OPEN->OPEN");
        awaitHalfOpen(breaker);
        assertThat(changes).containsExactly("CLOSED->OPEN", "OPEN->HALF_OPEN", "HALF_OPEN->OPEN", "OPEN->HALF_OPEN");
        for (int i = 0; i < 3; i++) {
            permit(breaker, later).succeeded(later);
        }
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void anOpenBreakerCountsItsCooldownFromTheLastFailure() {
        CircuitBreaker breaker = halfOpen(Duration.ofMillis(300));
        long later = now + Duration.ofDays(1).toNanos();
        permit(breaker, later).failed(later);

        assertThat(breaker.remainingNanos(later))
                .isEqualTo(Duration.ofMillis(300).toNanos());
    }

    @Test
    void aProbeThatSaysNothingMakesRoomForTheNext() {
        CircuitBreaker breaker = halfOpen(SHORT);
        for (int i = 0; i < 10; i++) {
            permit(breaker, now).dropped();
        }
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        for (int i = 0; i < 3; i++) {
            permit(breaker, now).dropped();
            permit(breaker, now).succeeded(now);
        }
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void aProbeThatNeverComesBackIsGivenUp() {
        CircuitBreaker breaker = halfOpen(SHORT);
        long minute = Duration.ofMinutes(1).toNanos();
        Permit lost = permit(breaker, now);
        assertThat(breaker.isPermitting(now + minute - 1)).isFalse();
        assertThat(breaker.tryAcquire(now + minute - 1)).isNull();
        assertThat(breaker.isPermitting(now + minute)).isTrue();

        Permit next = permit(breaker, now + minute);
        assertThat(breaker.isPermitting(now + minute)).isFalse();
        lost.dropped();
        assertThat(breaker.isPermitting(now + minute)).isFalse();
        next.dropped();
        assertThat(breaker.isPermitting(now + minute)).isTrue();
    }

    @Test
    void aProbeIsGivenAsMuchTimeAsTheCooldown() {
        Duration cooldown = Duration.ofHours(1);
        CircuitBreaker breaker = open(cooldown);
        long later = now + cooldown.toNanos();
        assertThat(breaker.tryAcquire(later)).isNotNull();

        assertThat(breaker.isPermitting(later + cooldown.toNanos() - 1)).isFalse();
        assertThat(breaker.isPermitting(later + cooldown.toNanos())).isTrue();
    }

    @Test
    void onlyWhatIsToldFirstCounts() {
        CircuitBreaker breaker = breaker(0.5, 2, LONG);
        for (int i = 0; i < 10; i++) {
            Permit permit = permit(breaker, now);
            permit.succeeded(now);
            permit.failed(now);
            permit.failed(now);
            permit.dropped();
        }
        Permit permit = permit(breaker, now);
        permit.dropped();
        permit.failed(now);

        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void aCallOfBeforeIsNoProbe() {
        CircuitBreaker breaker = breaker(0.5, 2, SHORT);
        List<Permit> before =
                IntStream.range(0, 8).mapToObj(i -> permit(breaker, now)).toList();
        before.get(0).failed(now);
        before.get(1).failed(now);
        before.get(2).succeeded(now);
        before.get(3).failed(now);
        awaitHalfOpen(breaker);
        before.get(4).failed(now);
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        before.get(5).succeeded(now);
        before.get(6).succeeded(now);
        before.get(7).succeeded(now);

        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        assertThat(changes).containsExactly("CLOSED->OPEN", "OPEN->HALF_OPEN");
    }

    @Test
    void aProbeOfBeforeDoesNotMakeRoomNow() {
        CircuitBreaker breaker = halfOpen(SHORT);
        long minute = Duration.ofMinutes(1).toNanos();
        Permit lost = permit(breaker, now);
        permit(breaker, now + minute).failed(now + minute);
        awaitHalfOpen(breaker);
        assertThat(breaker.tryAcquire(now + minute)).isNotNull();
        lost.failed(now + minute);

        assertThat(breaker.tryAcquire(now + minute)).isNull();
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    }

    @Test
    void probesGoThroughWhenTheCooldownIsOverWhetherATimerSaysSoOrNot() {
        CircuitBreaker breaker = open(LONG);
        long later = now + LONG.toNanos();
        assertThat(breaker.isPermitting(later)).isTrue();
        Permit probe = permit(breaker, later);
        assertThat(breaker.isPermitting(later)).isFalse();

        // On SmallRye's clock it is still open. What comes back too early is not counted, and does no harm.
        probe.failed(later);
        assertThat(breaker.isPermitting(later)).isTrue();
        permit(breaker, later).succeeded(later);
        assertThat(breaker.isPermitting(later)).isTrue();
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    void ofManyRequestsAtOnceOneIsTheProbe() {
        CircuitBreaker breaker = halfOpen(SHORT);
        for (int round = 0; round < 200; round++) {
            List<Permit> permits = new CopyOnWriteArrayList<>();
            CountDownLatch start = new CountDownLatch(1);
            CompletableFuture<?>[] asking = IntStream.range(0, 4)
                    .mapToObj(i -> CompletableFuture.runAsync(() -> {
                        awaitOn(start);
                        Permit permit = breaker.tryAcquire(now);
                        if (permit != null) {
                            permits.add(permit);
                        }
                    }))
                    .toArray(CompletableFuture[]::new);
            start.countDown();
            CompletableFuture.allOf(asking).join();

            assertThat(permits).hasSize(1);
            permits.get(0).dropped();
        }
    }

    @Test
    void aListenerThatThrowsDoesNoHarm() {
        CircuitBreaker breaker = CircuitBreaker.of(new BreakerConfig(0.5, SHORT, 1), (from, to) -> {
            throw new IllegalStateException("a listener");
        });
        permit(breaker, now).failed(now);

        awaitHalfOpen(breaker);
        for (int i = 0; i < 3; i++) {
            permit(breaker, now).succeeded(now);
        }
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void aLookAllocatesNothing() {
        CircuitBreaker[] breakers = {breaker(0.5, 4, LONG), open(LONG), halfOpen(SHORT)};
        for (CircuitBreaker breaker : breakers) {
            assertThat(Allocation.perCall(100_000, () -> breaker.isPermitting(now)))
                    .as("bytes")
                    .isZero();
        }
    }

    private CircuitBreaker halfOpen(Duration cooldown) {
        CircuitBreaker breaker = open(cooldown);
        awaitHalfOpen(breaker);
        return breaker;
    }

    private CircuitBreaker open(Duration cooldown) {
        CircuitBreaker breaker = breaker(0.5, 2, cooldown);
        Permit first = permit(breaker, now);
        Permit second = permit(breaker, now);
        first.failed(now);
        second.failed(now);
        assertThat(changes).startsWith("CLOSED->OPEN");
        return breaker;
    }

    private CircuitBreaker breaker(double threshold, int window, Duration cooldown) {
        return CircuitBreaker.of(
                new BreakerConfig(threshold, cooldown, window), (from, to) -> changes.add(from + "->" + to));
    }

    private void tell(Permit permit, int call) {
        switch (call) {
            case 'S' -> permit.succeeded(now);
            case 'F' -> permit.failed(now);
            default -> permit.dropped();
        }
    }

    private static Permit permit(CircuitBreaker breaker, long now) {
        return Objects.requireNonNull(breaker.tryAcquire(now));
    }

    private static void awaitHalfOpen(CircuitBreaker breaker) {
        await().pollInterval(Duration.ofMillis(2)).until(() -> breaker.state() == State.HALF_OPEN);
    }

    private static void awaitOn(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void oneThatIsResetIsClosedAndForgetsCallsFromBefore() {
        CircuitBreaker breaker = breaker(0.5, 2, LONG);
        Permit late = permit(breaker, now);
        tell(permit(breaker, now), 'F');
        tell(permit(breaker, now), 'F');
        assertThat(breaker.state()).isEqualTo(State.OPEN);

        breaker.reset(now);

        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        late.failed(now);
        tell(permit(breaker, now), 'F');
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        tell(permit(breaker, now), 'F');
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(changes).containsExactly("CLOSED->OPEN", "OPEN->CLOSED", "CLOSED->OPEN");
    }

    @Test
    void aResetOfAClosedBreakerTellsNoListener() {
        CircuitBreaker breaker = breaker(0.5, 2, LONG);

        breaker.reset(now);

        assertThat(changes).isEmpty();
    }
}
