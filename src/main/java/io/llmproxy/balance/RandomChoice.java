package io.llmproxy.balance;

import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;

/** Any selectable member, all equally likely. */
final class RandomChoice implements LoadBalancer {
    private static final int DRAWS = 3;

    private final int size;
    private final IntUnaryOperator random;

    /** @param random draws a number from 0 (inclusive) to its argument (exclusive) */
    RandomChoice(int size, IntUnaryOperator random) {
        this.size = size;
        this.random = random;
    }

    @Override
    public int pick(IntPredicate selectable, long nanos) {
        // Mostly all are selectable, and the first draw saves the pass over all members.
        for (int draw = 0; draw < DRAWS; draw++) {
            int index = random.applyAsInt(size);
            if (selectable.test(index)) {
                return index;
            }
        }
        return sample(selectable);
    }

    /** Draws a sample of one from as many as turn out to be selectable (reservoir sampling). */
    private int sample(IntPredicate selectable) {
        int picked = NONE;
        int seen = 0;
        for (int index = 0; index < size; index++) {
            if (selectable.test(index) && random.applyAsInt(++seen) == 0) {
                picked = index;
            }
        }
        return picked;
    }
}
