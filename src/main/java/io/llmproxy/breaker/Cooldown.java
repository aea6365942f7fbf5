package io.llmproxy.breaker;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Until when an upstream has asked to be left alone. Times are nanoseconds on the clock of {@link System#nanoTime}. Safe
 * for use by several threads.
 */
public final class Cooldown {
    private final AtomicLong end;

    /** Makes one that is over. */
    public Cooldown(long nowNanos) {
        this.end = new AtomicLong(nowNanos);
    }

    /** Leaves the upstream alone until then; a time before what was asked for already changes nothing. */
    public void until(long nanos) {
        end.accumulateAndGet(nanos, (last, next) -> next - last > 0 ? next : last);
    }

    /** Returns whether the upstream may be used. */
    public boolean isOver(long nowNanos) {
        return nowNanos - end.get() >= 0;
    }

    /** Returns the time until the upstream may be used, in nanoseconds; 0 if it may. */
    public long remainingNanos(long nowNanos) {
        return Math.max(0, end.get() - nowNanos);
    }
}
