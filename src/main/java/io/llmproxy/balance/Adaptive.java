package io.llmproxy.balance;

import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.IntPredicate;

/**
 * Any selectable member, each as likely as its weight × its {@link Load#multiplier} says. It is a draw, not a turn: turns
 * would have to be paid off at weights that are not true any more.
 *
 * @see <a href="https://en.wikipedia.org/wiki/Reservoir_sampling#Weighted_random_sampling">Weighted random sampling</a>
 */
final class Adaptive implements LoadBalancer {
    private final Member[] members;
    private final DoubleSupplier random;

    /** @param random draws a number from 0 (inclusive) to 1 (exclusive) */
    Adaptive(List<Member> members, DoubleSupplier random) {
        this.members = members.toArray(Member[]::new);
        this.random = random;
    }

    @Override
    public int pick(IntPredicate selectable, long nanos) {
        int picked = NONE;
        double seen = 0;
        for (int index = 0; index < members.length; index++) {
            if (selectable.test(index)) {
                double weight = members[index].weight() * members[index].load().multiplier(nanos);
                seen += weight;
                if (picked == NONE || random.getAsDouble() * seen < weight) {
                    picked = index;
                }
            }
        }
        return picked;
    }
}
