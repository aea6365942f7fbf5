package io.llmproxy.usage;

import java.util.Arrays;
import java.util.Map;

/** What a token of each bucket costs, in units of 1e-12 of a currency. Immutable. */
final class Rates {
    static final Rates NONE = new Rates(filled());

    private static final long UNKNOWN = -1;

    private final long[] picos;

    private Rates(long[] picos) {
        this.picos = picos;
    }

    private static long[] filled() {
        long[] picos = new long[Bucket.ALL.size()];
        Arrays.fill(picos, UNKNOWN);
        return picos;
    }

    /** Returns these with others in the place of those that others are known of. */
    Rates with(Map<Bucket, Long> others) {
        long[] changed = picos.clone();
        others.forEach((bucket, price) -> changed[bucket.index()] = price);
        return new Rates(changed);
    }

    /** Returns these, multiplied. */
    Rates times(Factor factor) {
        long[] changed = picos.clone();
        for (int index = 0; index < changed.length; index++) {
            if (changed[index] > 0) {
                changed[index] = factor.times(changed[index]);
            }
        }
        return new Rates(changed);
    }

    boolean knows(Bucket bucket) {
        return picos[bucket.index()] != UNKNOWN;
    }

    /** Returns a price, or 0 if it is not known. */
    long get(Bucket bucket) {
        return Math.max(0, picos[bucket.index()]);
    }
}
