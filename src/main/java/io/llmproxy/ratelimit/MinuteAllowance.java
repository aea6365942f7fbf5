package io.llmproxy.ratelimit;

import java.util.concurrent.atomic.AtomicLong;

/**
 * So much each minute, as providers grant it: what was used comes back evenly. More may be used than there is, as what a request takes
 * is known only at its end; then there is nothing until the debt is gone. Exact among threads; starts out full.
 *
 * <p>As in a {@link TokenBucket}, all that is kept is the instant at which everything will be there again: the generic cell rate
 * algorithm (ITU-T I.371, virtual scheduling), with cells of different sizes. Times are nanoseconds on the clock of
 * {@link System#nanoTime}.
 */
public final class MinuteAllowance {
    private static final long MINUTE = 60_000_000_000L;

    private final long perMinute;
    private final AtomicLong fullAt;

    /**
     * @param perMinute how much there is each minute, at least 1
     * @param now the time in nanoseconds
     */
    public MinuteAllowance(long perMinute, long now) {
        this.perMinute = perMinute;
        this.fullAt = new AtomicLong(now);
    }

    /** Returns the time until there is so much; 0 if there is, or nothing was used: who wants more than all there is waits for all. */
    public long untilNanos(long amount, long now) {
        return Math.max(0, usedNanos(now) - Math.max(0, MINUTE - nanos(amount)));
    }

    /** Uses so much, be it there or not; what is negative is given back. */
    public void use(long amount, long now) {
        long nanos = nanos(amount);
        fullAt.updateAndGet(seen -> now + Math.max(0, Math.max(0, seen - now) + nanos));
    }

    /** Returns how much there is; negative for a debt. */
    public long left(long now) {
        return (long) ((MINUTE - usedNanos(now)) * (double) perMinute / MINUTE);
    }

    /** In how much time that comes back which was used. */
    private long usedNanos(long now) {
        return Math.max(0, fullAt.get() - now);
    }

    private long nanos(long amount) {
        return (long) (amount * (double) MINUTE / perMinute);
    }
}
