package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;

/** Tells whether the work of code grows faster than what it is given. Work is counted; only {@link #ofCpu} measures. */
public final class Growth {
    private static final int TIMES = 8;
    private static final int ROUNDS = 3;

    /** Buffers grow in steps, and what is small costs something of its own. */
    private static final double MOST = 1.3;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private Growth() {}

    /**
     * Counts the bytes that are allocated.
     *
     * @param size the smaller one of the two that are compared
     * @param work makes what is to be done for a size
     */
    public static void ofAllocation(int size, IntFunction<Runnable> work) {
        ofSteps(size, length -> {
            Runnable run = work.apply(length);
            return (long) Allocation.perCall(1, run);
        });
    }

    /**
     * Compares steps that the code itself makes visible, such as calls.
     *
     * @param size the smaller one of the two that are compared
     * @param steps makes and does what is to be done for a size, and returns how many steps it took
     */
    public static void ofSteps(int size, IntToLongFunction steps) {
        long few = steps.applyAsLong(size);
        long many = steps.applyAsLong(size * TIMES);
        assertThat((double) many)
                .as("work for %s times the size, %s before", TIMES, few)
                .isLessThanOrEqualTo(few * TIMES * MOST + 4096);
    }

    /**
     * Compares the processor's time of this thread, where there is nothing to count. What grows with the square of the size fails
     * by far, and nothing else does, however busy the machine is.
     *
     * @param size the smaller one of the two that are compared
     * @param work makes what is to be done for a size
     */
    public static void ofCpu(int size, IntFunction<Runnable> work) {
        int times = TIMES * TIMES;
        Runnable large = work.apply(size * times);
        Runnable small = work.apply(size);
        cpu(large);
        long few = cpu(small);
        long many = cpu(large);
        assertThat((double) many)
                .as("nanoseconds for %s times the size, %s before", times, few)
                .isLessThanOrEqualTo(few * times * 8.0 + 10_000_000);
    }

    /** Returns the processor's time that work takes of this thread, in nanoseconds: the least of several rounds. */
    public static long cpu(Runnable work) {
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long before = THREADS.getCurrentThreadCpuTime();
            work.run();
            least = Math.min(least, THREADS.getCurrentThreadCpuTime() - before);
        }
        return least;
    }
}
