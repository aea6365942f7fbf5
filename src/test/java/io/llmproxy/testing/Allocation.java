package io.llmproxy.testing;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What code allocates, as the JVM counts it for each thread: exact, and the same on a busy machine as on an idle one. */
public final class Allocation {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int ROUNDS = 5;

    private Allocation() {}

    /**
     * Returns how many bytes a call allocates on average. Code that is still being loaded and compiled allocates more, so the
     * least of several rounds counts.
     *
     * @param calls of a round
     * @param call puts objects that it makes into a field, as a compiler may leave out those that nobody sees
     */
    public static double perCall(int calls, Runnable call) {
        long least = round(calls, call);
        for (int round = 0; round < ROUNDS && least > 0; round++) {
            least = Math.min(least, round(calls, call));
        }
        return (double) least / calls;
    }

    private static long round(int calls, Runnable call) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int done = 0; done < calls; done++) {
            call.run();
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
