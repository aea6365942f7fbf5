package io.llmproxy.balance;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.llmproxy.balance.Load.Outcome;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** What the tests of the strategies share. */
final class Balancers {
    static final IntPredicate ALL = index -> true;
    static final IntPredicate NOBODY = index -> false;

    private Balancers() {}

    /** Any instant may be now, those too from which a monotonic clock soon overflows. */
    static long anyInstant() {
        return ThreadLocalRandom.current().nextLong();
    }

    static List<Member> members(int... weights) {
        return IntStream.of(weights)
                .mapToObj(weight -> new Member(new Load(), weight))
                .toList();
    }

    static List<Member> alike(int size) {
        int[] weights = new int[size];
        Arrays.fill(weights, 1);
        return members(weights);
    }

    static IntPredicate allBut(int... absent) {
        return index -> IntStream.of(absent).noneMatch(each -> each == index);
    }

    static List<Integer> picks(LoadBalancer balancer, IntPredicate selectable, int count) {
        long nanos = anyInstant();
        return IntStream.range(0, count)
                .mapToObj(pick -> balancer.pick(selectable, nanos))
                .toList();
    }

    /** How often each member is picked. */
    static List<Integer> counts(LoadBalancer balancer, IntPredicate selectable, int size, int picks) {
        List<Integer> picked = picks(balancer, selectable, picks);
        return IntStream.range(0, size)
                .mapToObj(index -> Collections.frequency(picked, index))
                .toList();
    }

    /** How often each member is picked by threads that start at the same time. */
    static List<Integer> countsOfThreads(LoadBalancer balancer, int size, int threads, int picksEach) throws Exception {
        AtomicIntegerArray counts = new AtomicIntegerArray(size);
        CyclicBarrier start = new CyclicBarrier(threads);
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<? extends Future<?>> running = IntStream.range(0, threads)
                    .mapToObj(thread -> executor.submit(() -> {
                        start.await();
                        for (int pick = 0; pick < picksEach; pick++) {
                            counts.getAndIncrement(balancer.pick(ALL, 0));
                        }
                        return thread;
                    }))
                    .toList();
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            executor.shutdownNow();
        }
        return IntStream.range(0, size).mapToObj(counts::get).toList();
    }

    /** As many requests of one kind, one after the other. */
    static void serve(Load load, long nanosNow, long millis, Outcome outcome, int times) {
        for (int request = 0; request < times; request++) {
            serve(load, nanosNow, millis, outcome);
        }
    }

    /** One request from its start to its end, with nothing else in flight for it. */
    static void serve(Load load, long nanosNow, long millis, Outcome outcome) {
        load.started();
        if (outcome == Outcome.SUCCESS) {
            load.responded(MILLISECONDS.toNanos(millis) / 2);
        }
        load.finished(nanosNow, MILLISECONDS.toNanos(millis), outcome);
    }
}
