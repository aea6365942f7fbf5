package io.llmproxy.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.ratelimit.ConcurrencyLimit.Waiter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ConcurrencyLimitTest {
    private final List<String> granted = new ArrayList<>();

    @Test
    void givesAsManyPermitsAsThereAre() {
        ConcurrencyLimit limit = new ConcurrencyLimit(2, 0);

        assertThat(limit.tryAcquire()).isTrue();
        assertThat(limit.tryAcquire()).isTrue();
        assertThat(limit.tryAcquire()).isFalse();
        assertThat(limit.active()).isEqualTo(2);

        limit.release();
        assertThat(limit.active()).isOne();
        assertThat(limit.tryAcquire()).isTrue();
    }

    @Test
    void handsAPermitToTheOldestWaiter() {
        ConcurrencyLimit limit = exhausted(1, 3);
        enqueue(limit, "a", "b", "c");
        assertThat(granted).isEmpty();
        assertThat(limit.queued()).isEqualTo(3);

        limit.release();
        assertThat(granted).containsExactly("a");
        limit.release();
        assertThat(granted).containsExactly("a", "b");
        assertThat(limit.active()).isOne();
        assertThat(limit.queued()).isOne();
    }

    @Test
    void noRequestOvertakesAWaiter() {
        ConcurrencyLimit limit = exhausted(1, 3);
        enqueue(limit, "a");

        limit.release();
        assertThat(limit.tryAcquire()).isFalse();
    }

    @Test
    void aFreePermitIsGrantedAtOnceEvenWithoutAQueue() {
        ConcurrencyLimit limit = new ConcurrencyLimit(1, 0);
        enqueue(limit, "a");

        assertThat(granted).containsExactly("a");
        assertThat(limit.active()).isOne();
        assertThat(limit.queued()).isZero();
    }

    @Test
    void aFullQueueTakesNoRequest() {
        ConcurrencyLimit limit = exhausted(1, 1);
        enqueue(limit, "a");

        assertThat(limit.enqueue(() -> granted.add("b"))).isFalse();
        limit.release();
        limit.release();
        assertThat(granted).containsExactly("a");
        assertThat(limit.active()).isZero();
    }

    @Test
    void aWaiterThatCancelsIsPassedOverAndMakesRoom() {
        ConcurrencyLimit limit = exhausted(1, 2);
        Waiter quitter = () -> granted.add("quitter");
        assertThat(limit.enqueue(quitter)).isTrue();
        enqueue(limit, "a");

        assertThat(limit.cancel(quitter)).isTrue();
        assertThat(limit.cancel(quitter)).isFalse();
        enqueue(limit, "b");
        limit.release();
        limit.release();
        limit.release();
        assertThat(granted).containsExactly("a", "b");
    }

    @Test
    void aWaiterThatWasGrantedCannotCancel() {
        ConcurrencyLimit limit = exhausted(1, 1);
        Waiter waiter = () -> granted.add("a");
        assertThat(limit.enqueue(waiter)).isTrue();

        limit.release();
        assertThat(limit.cancel(waiter)).isFalse();
        assertThat(limit.active()).isOne();
    }

    @Test
    void aWaiterCannotWaitTwice() {
        ConcurrencyLimit limit = exhausted(1, 2);
        Waiter waiter = () -> granted.add("a");
        assertThat(limit.enqueue(waiter)).isTrue();

        assertThatThrownBy(() -> limit.enqueue(waiter)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void releasingTooOftenIsAFault() {
        ConcurrencyLimit limit = new ConcurrencyLimit(1, 1);

        assertThatThrownBy(limit::release).isInstanceOf(IllegalStateException.class);
        assertThat(limit.active()).isZero();
    }

    @Test
    void refusesSizesWithoutSense() {
        assertThatThrownBy(() -> new ConcurrencyLimit(0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ConcurrencyLimit(1, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void waitersThatReleaseAtOnceDoNotOverflowTheStack() {
        int waiters = 100_000;
        ConcurrencyLimit limit = exhausted(1, waiters);
        AtomicInteger count = new AtomicInteger();
        for (int waiter = 0; waiter < waiters; waiter++) {
            assertThat(limit.enqueue(new Leaving(limit, count))).isTrue();
        }

        limit.release();
        assertThat(count).hasValue(waiters);
        assertThat(limit.active()).isZero();
    }

    @Test
    void aWaiterThatThrowsStopsNoOther() {
        ConcurrencyLimit limit = exhausted(1, 3);
        assertThat(limit.enqueue(() -> {
                    limit.release();
                    throw new IllegalStateException("the waiter's");
                }))
                .isTrue();
        enqueue(limit, "a", "b");

        assertThatThrownBy(limit::release).hasMessage("the waiter's");
        assertThat(granted).containsExactly("a");
        limit.release();
        assertThat(granted).containsExactly("a", "b");
    }

    @Test
    void isUnlockedWhileAWaiterIsTold() throws Exception {
        ConcurrencyLimit limit = exhausted(1, 1);
        CountDownLatch passed = new CountDownLatch(1);
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            assertThat(limit.enqueue(() -> {
                        var unused = other.submit(() -> {
                            limit.active();
                            passed.countDown();
                        });
                        awaitQuietly(passed);
                    }))
                    .isTrue();

            limit.release();
            assertThat(passed.getCount()).isZero();
        } finally {
            other.shutdownNow();
        }
    }

    @Test
    void thousandsCancelAtLittleCost() {
        int waiters = 200_000;
        ConcurrencyLimit limit = exhausted(1, waiters);
        List<Waiter> all = IntStream.range(0, waiters)
                .<Waiter>mapToObj(index -> new Leaving(limit, new AtomicInteger()))
                .toList();
        all.forEach(waiter -> assertThat(limit.enqueue(waiter)).isTrue());

        // From the newest: the worst for a queue that is searched.
        for (int index = waiters - 1; index >= 0; index--) {
            assertThat(limit.cancel(all.get(index))).isTrue();
        }
        assertThat(limit.queued()).isZero();
    }

    /** Many threads take, wait, give up and return: no permit too many, none lost, and no waiter told both. */
    @Test
    void keepsItsPromisesAmongThreads() throws Exception {
        int threads = 32;
        int max = 5;
        ConcurrencyLimit limit = new ConcurrencyLimit(max, 10);
        Ledger ledger = new Ledger(max);
        CyclicBarrier start = new CyclicBarrier(threads);
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Future<Integer>> all = IntStream.range(0, threads)
                    .mapToObj(thread -> executor.submit(() -> {
                        Random random = new Random(thread);
                        start.await();
                        for (int round = 0; round < 3000; round++) {
                            visit(limit, ledger, random);
                        }
                        return thread;
                    }))
                    .toList();
            for (Future<Integer> each : all) {
                each.get(60, TimeUnit.SECONDS);
            }
        } finally {
            executor.shutdownNow();
        }

        assertThat(limit.active()).isZero();
        assertThat(limit.queued()).isZero();
        assertThat(ledger.held).hasValue(0);
        assertThat(ledger.worst).hasValueLessThanOrEqualTo(max);
        assertThat(ledger.cancelled).hasPositiveValue();
        assertThat(ledger.granted).hasPositiveValue();
        assertThat(ledger.refused).hasPositiveValue();
    }

    private static void visit(ConcurrencyLimit limit, Ledger ledger, Random random) throws InterruptedException {
        if (random.nextInt(3) == 0) {
            if (limit.tryAcquire()) {
                ledger.use(random);
                limit.release();
            }
            return;
        }
        OneWaiter waiter = new OneWaiter();
        if (!limit.enqueue(waiter)) {
            ledger.refused.incrementAndGet();
            assertThat(waiter.told).hasValue(0);
            return;
        }
        if (random.nextBoolean()) {
            LockSupport.parkNanos(random.nextInt(20_000));
            if (limit.cancel(waiter)) {
                ledger.cancelled.incrementAndGet();
                assertThat(waiter.told).hasValue(0);
                return;
            }
        }
        assertThat(waiter.permit.await(30, TimeUnit.SECONDS)).isTrue();
        ledger.granted.incrementAndGet();
        ledger.use(random);
        assertThat(limit.cancel(waiter)).isFalse();
        limit.release();
        assertThat(waiter.told).hasValue(1);
    }

    private static ConcurrencyLimit exhausted(int max, int maxQueued) {
        ConcurrencyLimit limit = new ConcurrencyLimit(max, maxQueued);
        while (limit.tryAcquire()) {
            assertThat(limit.active()).isLessThanOrEqualTo(max);
        }
        return limit;
    }

    private void enqueue(ConcurrencyLimit limit, String... names) {
        for (String name : names) {
            assertThat(limit.enqueue(() -> granted.add(name))).isTrue();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Has no use for its permit any more when it gets it. */
    private static final class Leaving implements Waiter {
        private final ConcurrencyLimit limit;
        private final AtomicInteger count;

        Leaving(ConcurrencyLimit limit, AtomicInteger count) {
            this.limit = limit;
            this.count = count;
        }

        @Override
        public void granted() {
            count.incrementAndGet();
            limit.release();
        }
    }

    private static final class OneWaiter implements Waiter {
        private final CountDownLatch permit = new CountDownLatch(1);
        private final AtomicInteger told = new AtomicInteger();

        @Override
        public void granted() {
            told.incrementAndGet();
            permit.countDown();
        }
    }

    /** Counts on the side how many hold a permit. */
    private static final class Ledger {
        private final int max;
        private final AtomicInteger held = new AtomicInteger();
        private final AtomicInteger worst = new AtomicInteger();
        private final AtomicInteger cancelled = new AtomicInteger();
        private final AtomicInteger granted = new AtomicInteger();
        private final AtomicInteger refused = new AtomicInteger();

        Ledger(int max) {
            this.max = max;
        }

        void use(Random random) {
            int now = held.incrementAndGet();
            worst.accumulateAndGet(now, Math::max);
            assertThat(now).isLessThanOrEqualTo(max);
            LockSupport.parkNanos(random.nextInt(20_000));
            held.decrementAndGet();
        }
    }
}
