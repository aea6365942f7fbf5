package io.llmproxy.breaker;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Bounds how much the retries of a group add to its load: one for each five requests, and three a second besides, taken
 * over the last ten seconds. Times are nanoseconds on the clock of {@link System#nanoTime}. Safe for use by several
 * threads.
 *
 * @see <a
 *     href="https://github.com/twitter/finagle/blob/develop/finagle-core/src/main/scala/com/twitter/finagle/service/RetryBudget.scala">The
 *     idea, as Finagle has it: requests are deposits that expire, and a reserve serves those who make few</a>
 */
public final class RetryBudget {
    private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int WINDOW_TICKS = 10;
    private static final int DEPOSIT = 1;
    private static final int PRICE = 5;
    private static final int RESERVE = 3 * WINDOW_TICKS * PRICE;

    private final long originNanos;

    /** For each of the last ticks its number, in the upper half, and what was paid in minus what was taken out. */
    private final AtomicLongArray slots = new AtomicLongArray(WINDOW_TICKS);

    /** Makes a budget with a full reserve. */
    public RetryBudget(long nowNanos) {
        this.originNanos = nowNanos;
    }

    /** A request came that is no retry. */
    public void request(long nowNanos) {
        add(tick(nowNanos), DEPOSIT);
    }

    /** Whether there is a retry left. Another thread may take it. */
    public boolean allowsRetry(long nowNanos) {
        return balance(tick(nowNanos)) >= PRICE;
    }

    /** Takes a retry out of the budget; returns false if there is none left. */
    public boolean tryRetry(long nowNanos) {
        int tick = tick(nowNanos);
        // Taken out first, so that two that come at once cannot both have the last.
        add(tick, -PRICE);
        if (balance(tick) >= 0) {
            return true;
        }
        add(tick, PRICE);
        return false;
    }

    private void add(int tick, int amount) {
        int index = Math.floorMod(tick, WINDOW_TICKS);
        long last;
        long next;
        do {
            last = slots.get(index);
            // A thread that comes late finds its tick over, and counts in the next that has the slot.
            next = tick - tickOf(last) > 0 ? slot(tick, amount) : slot(tickOf(last), (int) last + amount);
        } while (!slots.compareAndSet(index, last, next));
    }

    private int balance(int tick) {
        int balance = RESERVE;
        for (int index = 0; index < WINDOW_TICKS; index++) {
            long slot = slots.get(index);
            if (tick - tickOf(slot) < WINDOW_TICKS) {
                balance += (int) slot;
            }
        }
        return balance;
    }

    private int tick(long nowNanos) {
        return (int) Math.floorDiv(nowNanos - originNanos, TICK_NANOS);
    }

    private static long slot(int tick, int balance) {
        return ((long) tick << Integer.SIZE) | (balance & 0xffffffffL);
    }

    private static int tickOf(long slot) {
        return (int) (slot >> Integer.SIZE);
    }
}
