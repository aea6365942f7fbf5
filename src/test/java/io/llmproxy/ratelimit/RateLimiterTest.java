package io.llmproxy.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.RateLimitConfig;
import io.llmproxy.net.IpAddress;
import io.llmproxy.ratelimit.RateLimiter.Decision;
import io.llmproxy.testing.Allocation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RateLimiterTest {
    private static final ClientAddress CLIENT = client("192.0.2.1");

    /** Bytes for the decision. */
    private static final double DECISION = 56;

    private final Clock clock = Clock.startingAnywhere();
    private @Nullable Decision decision;

    @Test
    void aBurstPassesAndTheNextRequestIsToldWhenToComeBack() {
        RateLimiter limiter = limiter(10, 3);

        assertThat(limiter.tryAcquire(CLIENT)).isEqualTo(new Decision(true, 3, 2, nanos(100), 0));
        assertThat(limiter.tryAcquire(CLIENT)).isEqualTo(new Decision(true, 3, 1, nanos(200), 0));
        assertThat(limiter.tryAcquire(CLIENT)).isEqualTo(new Decision(true, 3, 0, nanos(300), 0));
        assertThat(limiter.tryAcquire(CLIENT)).isEqualTo(new Decision(false, 3, 0, nanos(300), nanos(100)));
    }

    @Test
    void aTokenComesBackAsSoonAsItWasSaidAndNoSooner() {
        RateLimiter limiter = limiter(10, 3);
        drain(limiter, CLIENT);

        clock.advance(millis(100).minusNanos(1));
        assertThat(limiter.tryAcquire(CLIENT).retryAfterNanos()).isEqualTo(1);

        clock.advance(Duration.ofNanos(1));
        assertThat(limiter.tryAcquire(CLIENT).allowed()).isTrue();
        assertThat(limiter.tryAcquire(CLIENT).allowed()).isFalse();
    }

    @Test
    void aRefusedRequestCostsNothing() {
        RateLimiter limiter = limiter(10, 3);
        drain(limiter, CLIENT);
        for (int request = 0; request < 1000; request++) {
            assertThat(limiter.tryAcquire(CLIENT).retryAfterNanos()).isEqualTo(nanos(100));
        }
    }

    @Test
    void neverHoldsMoreThanTheBurst() {
        RateLimiter limiter = limiter(10, 3);
        drain(limiter, CLIENT);

        clock.advance(Duration.ofDays(400));
        assertThat(drain(limiter, CLIENT)).isEqualTo(3);
    }

    @Test
    void lettingItselfBeAskedAllTheTimeDoesNotLoseParts() {
        RateLimiter limiter = limiter(7, 7);
        drain(limiter, CLIENT);

        int allowed = 0;
        for (int tenth = 0; tenth < 1000; tenth++) {
            clock.advance(millis(10));
            allowed += limiter.tryAcquire(CLIENT).allowed() ? 1 : 0;
        }
        assertThat(allowed).isEqualTo(70);
    }

    @Test
    void theClockMayOverflow() {
        Clock late = Clock.startingAt(Long.MAX_VALUE - millis(50).toNanos());
        RateLimiter limiter = new RateLimiter(new RateLimitConfig(10, 10), late);
        assertThat(drain(limiter, CLIENT)).isEqualTo(10);

        late.advance(millis(500));
        assertThat(drain(limiter, CLIENT)).isEqualTo(5);
    }

    @Test
    void eachClientHasABucketOfItsOwn() {
        RateLimiter limiter = limiter(10, 3);
        assertThat(drain(limiter, CLIENT)).isEqualTo(3);
        assertThat(drain(limiter, client("192.0.2.2"))).isEqualTo(3);
        assertThat(drain(limiter, client("2001:db8:0:1::1"))).isEqualTo(3);
        assertThat(drain(limiter, client("2001:db8:0:1::2"))).isZero();
        assertThat(drain(limiter, client("2001:db8:0:2::1"))).isEqualTo(3);
    }

    @Test
    void letsExactlyAsManyPassAmongAHundredThreads() throws Exception {
        RateLimiter limiter = limiter(1, 1000);

        List<Integer> allowed = inParallel(100, () -> {
            int count = 0;
            for (int request = 0; request < 100; request++) {
                count += limiter.tryAcquire(CLIENT).allowed() ? 1 : 0;
            }
            return count;
        });

        assertThat(allowed.stream().mapToInt(Integer::intValue).sum()).isEqualTo(1000);
    }

    @Test
    void letsExactlyAsManyPassAmongAHundredThreadsWhileTimeGoesOn() throws Exception {
        RateLimiter limiter = limiter(100, 100);
        drain(limiter, CLIENT);

        List<Integer> allowed = inParallel(100, () -> {
            int count = 0;
            for (int request = 0; request < 100; request++) {
                clock.advance(Duration.ofNanos(100_000));
                count += limiter.tryAcquire(CLIENT).allowed() ? 1 : 0;
            }
            return count;
        });

        // One second passed in all.
        assertThat(allowed.stream().mapToInt(Integer::intValue).sum() + drain(limiter, CLIENT))
                .isEqualTo(100);
    }

    @Test
    void dropsABucketThatIsFullAgain() {
        RateLimiter limiter = limiter(10, 3);
        drain(limiter, CLIENT);
        assertThat(limiter.size()).isOne();

        clock.advance(Duration.ofSeconds(2));
        assertThat(limiter.size()).isZero();
        assertThat(drain(limiter, CLIENT)).isEqualTo(3);
    }

    /** However often a client asks: its bucket must not be taken for an idle one, and so be replaced by a full one. */
    @ParameterizedTest
    @CsvSource({"1, 1", "1, 2", "1, 3", "1, 10", "7, 20", "10, 200", "1000, 1000"})
    void dropsNoBucketThatIsNotFull(int perSecond, int burst) {
        for (long step : new long[] {1, 10, 99, 100, 333, 500, 999, 1000, 1001, 1999, 2001}) {
            RateLimiter limiter = limiter(perSecond, burst);
            drain(limiter, CLIENT);
            double tokens = 0;
            for (long asked = 0; asked < 200; asked++) {
                clock.advance(millis(step));
                tokens = Math.min(burst, tokens + perSecond * step / 1000.0);
                boolean allowed = limiter.tryAcquire(CLIENT).allowed();
                assertThat(allowed).as("every %s ms", step).isEqualTo(tokens > 1 - 1e-9);
                tokens -= allowed ? 1 : 0;
            }
        }
    }

    @Test
    void aFloodOfAddressesIsBoundedAndSetsNoLimitedClientFree() {
        RateLimiter limiter = limiter(1, 10_000);
        drain(limiter, CLIENT);

        for (int address = 0; address < 1_000_000; address++) {
            limiter.tryAcquire(ClientAddress.of(IpAddress.ofIpv4(0x0A00_0000L + address)));
            if (address % 10_000 == 0) {
                assertThat(limiter.tryAcquire(CLIENT).allowed()).isFalse();
            }
        }

        assertThat(limiter.size()).isLessThanOrEqualTo(RateLimiter.MOST_BUCKETS);
        assertThat(limiter.tryAcquire(CLIENT).allowed()).isFalse();
    }

    private RateLimiter limiter(int perSecond, int burst) {
        return new RateLimiter(new RateLimitConfig(perSecond, burst), clock);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1_000_000})
    void aDecisionAllocatesItselfAndLittleMore(int burst) {
        RateLimiter limiter = limiter(10, burst);

        assertThat(Allocation.perCall(20_000, () -> decision = limiter.tryAcquire(CLIENT)))
                .isBetween(1.0, DECISION);
        assertThat(decision).extracting(Decision::allowed).isEqualTo(burst > 1);
    }

    /** Returns how many tokens there were. */
    private static int drain(RateLimiter limiter, ClientAddress client) {
        int count = 0;
        while (limiter.tryAcquire(client).allowed()) {
            count++;
        }
        return count;
    }

    private static <T> List<T> inParallel(int threads, Callable<T> task) throws Exception {
        CyclicBarrier start = new CyclicBarrier(threads);
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Future<T>> futures = IntStream.range(0, threads)
                    .mapToObj(thread -> executor.submit(() -> {
                        start.await();
                        return task.call();
                    }))
                    .toList();
            List<T> results = new ArrayList<>();
            for (Future<T> each : futures) {
                results.add(each.get());
            }
            return results;
        } finally {
            executor.shutdownNow();
        }
    }

    private static Duration millis(long millis) {
        return Duration.ofMillis(millis);
    }

    private static long nanos(long millis) {
        return millis(millis).toNanos();
    }

    private static ClientAddress client(String literal) {
        return ClientAddress.parse(literal).orElseThrow();
    }
}
