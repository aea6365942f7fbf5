package io.llmproxy.balance;

import java.util.function.IntPredicate;

/** The first selectable member in the order of the configuration. */
final class Failover implements LoadBalancer {
    private final int size;

    Failover(int size) {
        this.size = size;
    }

    @Override
    public int pick(IntPredicate selectable, long nanos) {
        for (int index = 0; index < size; index++) {
            if (selectable.test(index)) {
                return index;
            }
        }
        return NONE;
    }
}
