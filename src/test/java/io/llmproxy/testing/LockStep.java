package io.llmproxy.testing;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets a stream go on by one event at a time. The first event goes out at once; each further one when the test has seen
 * the one before and says so.
 */
public final class LockStep {
    private final Semaphore permits = new Semaphore(1);
    private final AtomicInteger made = new AtomicInteger();

    /** Allows the next event. */
    public void next() {
        permits.release();
    }

    /** Allows all events that are left. */
    public void finish() {
        permits.release(1 << 20);
    }

    /** How many events the upstream has made. */
    public int made() {
        return made.get();
    }

    boolean tryTake() {
        if (!permits.tryAcquire()) {
            return false;
        }
        made.incrementAndGet();
        return true;
    }
}
