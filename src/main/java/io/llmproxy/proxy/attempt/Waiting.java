package io.llmproxy.proxy.attempt;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What an exchange waits for, if it waits: its turn, or the time to try again. The time may pass, the turn come and the
 * client leave at the same moment; the thread that ends the wait, and no other, goes on with the exchange.
 */
public final class Waiting {
    private final AtomicReference<@Nullable Wait> current = new AtomicReference<>();

    /** One wait. */
    public static final class Wait {
        private final long end;
        private final Runnable over;
        private final Runnable cancel;

        /**
         * @param end until when, in nanoseconds
         * @param over goes on when that time has come
         * @param cancel gives up what is waited for
         */
        private Wait(long end, Runnable over, Runnable cancel) {
            this.end = end;
            this.over = over;
            this.cancel = cancel;
        }
    }

    /** Waits for a time, in nanoseconds. */
    void until(long end, Runnable over) {
        current.set(new Wait(end, over, () -> {}));
    }

    /**
     * Waits in a line.
     *
     * @param now the time in nanoseconds
     * @param limit how long to wait at most
     * @param over goes on when that was too long
     * @param leave leaves the line
     * @return this wait, for one who must not end a later one
     */
    public Wait inLine(long now, Duration limit, Runnable over, Runnable leave) {
        Wait wait = new Wait(now + limit.toNanos(), over, leave);
        current.set(wait);
        return wait;
    }

    public boolean isWaiting() {
        return current.get() != null;
    }

    /** Ends the wait as what was waited for is there, or will never be; false if another has ended it. */
    public boolean end() {
        return current.getAndSet(null) != null;
    }

    /** Ends this wait; false if another has ended it. */
    boolean end(Wait wait) {
        return current.compareAndSet(wait, null);
    }

    /** Ends the wait, and gives up what was waited for; false if another has ended it. */
    public boolean giveUp() {
        Wait ended = current.getAndSet(null);
        if (ended != null) {
            ended.cancel.run();
        }
        return ended != null;
    }

    /** Ends the wait if its time is over, and goes on. */
    public void check(long now) {
        Wait wait = current.get();
        if (wait != null && now - wait.end >= 0 && current.compareAndSet(wait, null)) {
            wait.cancel.run();
            wait.over.run();
        }
    }
}
