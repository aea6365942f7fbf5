package io.llmproxy.jetty.loop;

import java.util.concurrent.TimeUnit;

/**
 * How long a thread that always has something to do works before it lets others have its processor. The reader of
 * what it writes (a client on this machine, another thread) is often woken on the same processor, and would wait until all is done.
 */
public final class TimeSlice {
    /** Some twenty pieces of streams. Giving way takes about a microsecond if no thread waits. */
    private static final long LONGEST = TimeUnit.MICROSECONDS.toNanos(400);

    private long begun;

    /** The thread begins to work, or has waited for more to do. */
    void begin(long now) {
        begun = now;
    }

    /** Lets others have the processor if it is time to, and they are waiting. */
    @SuppressWarnings("ThreadPriorityCheck") // Nothing depends on it but the time that others wait.
    void share() {
        if (System.nanoTime() - begun >= LONGEST) {
            Thread.yield();
            begun = System.nanoTime();
        }
    }
}
