package io.llmproxy.balance;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What the last calls took, and which time most of them do not exceed. Lock-free: of calls that end at the same time one may be
 * counted a moment later than the other.
 */
public final class RecentTimes {
    /** How many calls are remembered. */
    static final int KEPT = 512;

    /** After so many calls the percentile is found anew. */
    static final int RENEWED = 8;

    private final int percentile;
    private final AtomicLongArray times = new AtomicLongArray(KEPT);
    private final AtomicLong count = new AtomicLong();
    private volatile long found = -1;

    /** @param percentile which part of the calls, in percent from 1 to 100, took no longer than {@link #percentileNanos} */
    public RecentTimes(int percentile) {
        this.percentile = percentile;
    }

    /** A call took so many nanoseconds, or at least that if it was cut short. */
    public void add(long nanos) {
        long before = count.getAndIncrement();
        times.set((int) (before % KEPT), nanos);
        if ((before + 1) % RENEWED == 0) {
            found = find((int) Math.min(before + 1, KEPT));
        }
    }

    /** Returns how many calls there were. */
    public long count() {
        return count.get();
    }

    /** Returns the time in nanoseconds that the percentile of the last calls did not exceed; negative if there were too few. */
    public long percentileNanos() {
        return found;
    }

    private long find(int known) {
        long[] sorted = new long[known];
        for (int index = 0; index < known; index++) {
            sorted[index] = times.get(index);
        }
        Arrays.sort(sorted);
        return sorted[(known * percentile + 99) / 100 - 1];
    }
}
