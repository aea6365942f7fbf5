package io.llmproxy.proxy.body;

import java.util.concurrent.atomic.AtomicLong;

/** How many bytes of bodies may be kept in memory at a time, by all exchanges together. */
public final class BufferBudget {
    private final AtomicLong used = new AtomicLong();
    private volatile long max;

    /** Sets the bound, in bytes; what is kept beyond it stays. */
    public void limit(long bytes) {
        max = bytes;
    }

    /** Takes some bytes; false if there are not so many left. */
    boolean tryReserve(long bytes) {
        if (used.addAndGet(bytes) <= max) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }

    void release(long bytes) {
        used.addAndGet(-bytes);
    }

    /** What one exchange keeps of something; it can be given back as a whole, by any thread. */
    public static final class Share {
        private static final long CLOSED = -1;

        private final BufferBudget budget;
        private final AtomicLong held = new AtomicLong();

        public Share(BufferBudget budget) {
            this.budget = budget;
        }

        /** Takes some more bytes; false if there are not so many left, or it was closed. */
        public boolean tryTake(long bytes) {
            if (!budget.tryReserve(bytes)) {
                return false;
            }
            if (held.getAndUpdate(now -> now == CLOSED ? now : now + bytes) == CLOSED) {
                budget.release(bytes);
                return false;
            }
            return true;
        }

        /** Gives some of its bytes back. */
        public void giveBack(long bytes) {
            if (held.getAndUpdate(now -> now == CLOSED ? now : now - bytes) != CLOSED) {
                budget.release(bytes);
            }
        }

        /** Gives all of its bytes back, and takes no more. */
        public void close() {
            budget.release(Math.max(0, held.getAndSet(CLOSED)));
        }
    }
}
