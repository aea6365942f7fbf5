package io.llmproxy.balance;

import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntPredicate;

/**
 * Each selectable member as often as its weight says, spread as evenly as can be: weights of 5, 1 and 1 give
 * {@code a a b a c a a}. Before each pick every member earns its weight; the richest is picked and pays what all have
 * earned.
 *
 * @see <a href="https://github.com/nginx/nginx/commit/52327e0627f49dbda1e8db695e63a4b0af4448b1">Smooth weighted
 *     round-robin, nginx</a>
 */
final class WeightedRoundRobin implements LoadBalancer {
    private final ReentrantLock lock = new ReentrantLock();
    private final int[] weights;
    private final long[] credits;

    WeightedRoundRobin(List<Member> members) {
        weights = members.stream().mapToInt(Member::weight).toArray();
        credits = new long[weights.length];
    }

    @Override
    public int pick(IntPredicate selectable, long nanos) {
        lock.lock();
        try {
            return pickRichest(selectable);
        } finally {
            lock.unlock();
        }
    }

    private int pickRichest(IntPredicate selectable) {
        int richest = NONE;
        long earned = 0;
        for (int index = 0; index < weights.length; index++) {
            if (selectable.test(index)) {
                credits[index] += weights[index];
                earned += weights[index];
                if (richest == NONE || credits[index] > credits[richest]) {
                    richest = index;
                }
            }
        }
        if (richest != NONE) {
            credits[richest] -= earned;
        }
        return richest;
    }
}
