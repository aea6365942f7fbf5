package io.llmproxy.capture;

import java.util.concurrent.atomic.AtomicLong;

/** How much memory all bodies may take together that are recorded and not written yet. */
final class Memory {
    private final long most;
    private final AtomicLong taken = new AtomicLong();

    /** @param most bytes */
    Memory(long most) {
        this.most = most;
    }

    /** Takes so many bytes, if they are there. */
    boolean take(int bytes) {
        if (taken.addAndGet(bytes) <= most) {
            return true;
        }
        taken.addAndGet(-bytes);
        return false;
    }

    /** Gives bytes back. */
    void give(int bytes) {
        taken.addAndGet(-bytes);
    }

    /** How much is taken. */
    long taken() {
        return taken.get();
    }
}
