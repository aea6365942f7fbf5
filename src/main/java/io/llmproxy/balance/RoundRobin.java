package io.llmproxy.balance;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;

/**
 * Each selectable member in turn. The turn goes on behind the member that was picked, not behind the one it would have
 * been, so that the neighbour of an absent member does not get the requests of both.
 */
final class RoundRobin implements LoadBalancer {
    private final int size;
    private final AtomicInteger next = new AtomicInteger();

    RoundRobin(int size) {
        this.size = size;
    }

    @Override
    public int pick(IntPredicate selectable, long nanos) {
        while (true) {
            int from = next.get();
            int picked = firstSelectable(from, selectable);
            if (picked == NONE || next.compareAndSet(from, after(picked))) {
                return picked;
            }
        }
    }

    private int firstSelectable(int from, IntPredicate selectable) {
        int index = from;
        do {
            if (selectable.test(index)) {
                return index;
            }
            index = after(index);
        } while (index != from);
        return NONE;
    }

    private int after(int index) {
        return index + 1 == size ? 0 : index + 1;
    }
}
