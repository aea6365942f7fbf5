package io.llmproxy.breaker;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RetryBudgetTest {
    private static final int RESERVE = 30;

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 12_345, Long.MAX_VALUE, Long.MAX_VALUE - 5_000_000_000L, Long.MIN_VALUE})
    void theReserveIsThreeRetriesASecond(long start) {
        RetryBudget budget = new RetryBudget(start);
        assertThat(retries(budget, start, 1000)).isEqualTo(RESERVE);
        assertThat(retries(budget, start + SECONDS.toNanos(9), 1000)).isZero();
        assertThat(retries(budget, start + SECONDS.toNanos(10), 1000)).isEqualTo(RESERVE);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, Long.MAX_VALUE, Long.MAX_VALUE - 5_000_000_000L})
    void fiveRequestsBuyARetry(long start) {
        RetryBudget budget = new RetryBudget(start);
        assertThat(retries(budget, start, 1000)).isEqualTo(RESERVE);
        for (int i = 0; i < 4; i++) {
            budget.request(start);
        }
        assertThat(budget.tryRetry(start)).isFalse();
        budget.request(start);
        assertThat(budget.tryRetry(start)).isTrue();
        assertThat(budget.tryRetry(start)).isFalse();
    }

    @Test
    void requestsAreForgotten() {
        RetryBudget budget = new RetryBudget(0);
        for (int i = 0; i < 1000; i++) {
            budget.request(0);
        }
        assertThat(retries(budget, SECONDS.toNanos(10), 1000)).isEqualTo(RESERVE);

        for (int i = 0; i < 1000; i++) {
            budget.request(SECONDS.toNanos(100));
        }
        assertThat(retries(budget, SECONDS.toNanos(109), 1000)).isEqualTo(RESERVE + 200);
    }

    @Test
    void aQuietTimeLongerThanTheWindowGivesTheReserveBackAndNoMore() {
        RetryBudget budget = new RetryBudget(0);
        assertThat(retries(budget, 0, 1000)).isEqualTo(RESERVE);
        assertThat(retries(budget, SECONDS.toNanos(86_400), 1000)).isEqualTo(RESERVE);
    }

    @Test
    void amplificationIsBoundedInTheLongRun() {
        SplittableRandom random = new SplittableRandom(11);
        for (int round = 0; round < 20; round++) {
            long start = random.nextLong();
            RetryBudget budget = new RetryBudget(start);
            long now = start;
            long requests = 0;
            long retries = 0;
            int most = random.nextInt(1, 200);
            while (now - start < SECONDS.toNanos(600)) {
                now += MILLISECONDS.toNanos(random.nextInt(1, 2000));
                int batch = random.nextInt(most);
                for (int i = 0; i < batch; i++) {
                    budget.request(now);
                }
                requests += batch;
                retries += retries(budget, now, random.nextInt(2 * most));
            }
            assertThat((double) retries).isLessThanOrEqualTo(0.2 * requests + 3 * 602 + RESERVE);
        }
    }

    @Test
    void aThreadThatComesLateStillCounts() {
        RetryBudget budget = new RetryBudget(0);
        assertThat(retries(budget, SECONDS.toNanos(10), 1000)).isEqualTo(RESERVE);
        for (int i = 0; i < 5; i++) {
            budget.request(SECONDS.toNanos(10) - 1);
            budget.request(-1);
        }
        assertThat(retries(budget, SECONDS.toNanos(10), 1000)).isEqualTo(2);
    }

    @Test
    void threadsAtOnceNeverHaveMoreThanThereIs() {
        RetryBudget budget = new RetryBudget(0);
        AtomicInteger taken = new AtomicInteger();
        CompletableFuture.allOf(IntStream.range(0, 4)
                        .mapToObj(thread -> CompletableFuture.runAsync(() -> {
                            for (int i = 0; i < 10_000; i++) {
                                budget.request(0);
                                taken.addAndGet(budget.tryRetry(0) ? 1 : 0);
                            }
                        }))
                        .toArray(CompletableFuture[]::new))
                .join();

        assertThat(taken.get() + retries(budget, 0, 100_000)).isEqualTo(RESERVE + 4 * 10_000 / 5);
    }

    private static int retries(RetryBudget budget, long now, int wanted) {
        int got = 0;
        for (int i = 0; i < wanted; i++) {
            got += budget.tryRetry(now) ? 1 : 0;
        }
        return got;
    }
}
