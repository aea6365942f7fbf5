package io.llmproxy.balance;

import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;

/**
 * Of two members drawn at random, the one with fewer requests in flight for its weight, counting the request to come.
 * All members are compared if there are few, or if one of the two drawn is not selectable.
 *
 * @see <a href="https://www.eecs.harvard.edu/~michaelm/postscripts/tpds2001.pdf">Mitzenmacher: The Power of Two Choices
 *     in Randomized Load Balancing</a>
 */
final class LeastRequests implements LoadBalancer {
    private static final int FEW = 4;

    private final Member[] members;
    private final IntUnaryOperator random;

    /** @param random draws a number from 0 (inclusive) to its argument (exclusive) */
    LeastRequests(List<Member> members, IntUnaryOperator random) {
        this.members = members.toArray(Member[]::new);
        this.random = random;
    }

    @Override
    public int pick(IntPredicate selectable, long nanos) {
        int size = members.length;
        int one = random.applyAsInt(size);
        if (size > FEW) {
            int other = (one + 1 + random.applyAsInt(size - 1)) % size;
            if (selectable.test(one) && selectable.test(other)) {
                return score(other) < score(one) ? other : one;
            }
        }
        return leastLoaded(one, selectable);
    }

    private int leastLoaded(int from, IntPredicate selectable) {
        int best = NONE;
        double lowest = Double.POSITIVE_INFINITY;
        for (int offset = 0; offset < members.length; offset++) {
            int index = (from + offset) % members.length;
            if (selectable.test(index)) {
                double score = score(index);
                if (score < lowest) {
                    lowest = score;
                    best = index;
                }
            }
        }
        return best;
    }

    private double score(int index) {
        Member member = members[index];
        return (member.load().inFlight() + 1.0) / member.weight();
    }
}
