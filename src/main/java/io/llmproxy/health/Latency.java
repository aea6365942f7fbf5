package io.llmproxy.health;

import java.util.concurrent.TimeUnit;

/** Times in 64 buckets. Each reaches a fifth further than the one before, from a millisecond to two minutes. */
public final class Latency {
    /** How many buckets there are. */
    public static final int BUCKETS = 64;

    private static final double GROWTH = 1.2;
    private static final double LOG_GROWTH = Math.log(GROWTH);
    private static final double FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private Latency() {}

    /** The bucket of a time. */
    public static int bucket(long nanos) {
        if (nanos <= FIRST_NANOS) {
            return 0;
        }
        return Math.min(BUCKETS - 1, (int) Math.ceil(Math.log(nanos / FIRST_NANOS) / LOG_GROWTH));
    }

    /**
     * The time, in nanoseconds, that a share of the calls were not above; 0 if there are none.
     *
     * @param counts by bucket
     * @param all the sum of the counts
     */
    public static long percentile(int[] counts, int all, double share) {
        double rank = share * all;
        int bucket = 0;
        int seen = counts[0];
        while (bucket < BUCKETS - 1 && seen < rank) {
            seen += counts[++bucket];
        }
        return all == 0 ? 0 : (long) (FIRST_NANOS * Math.pow(GROWTH, bucket));
    }
}
