package io.llmproxy.balance;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import java.util.function.ToDoubleFunction;

/**
 * The member that will probably answer soonest: the lowest average time × (requests in flight + 1) / success rate. The
 * scan starts at another member each time, so that equals take turns.
 *
 * <p>A member that was never tried is picked first; while its first request is on its way, it is scored with
 * {@link Load#ASSUMED_NANOS}. One that has been idle for 30 s gets a trial, since its figures are old and it would
 * otherwise never earn better ones. The longest idle comes first, and at most one pick in ten is a trial, so that a
 * trickle of requests, between which all are idle, is not spent on slow members.
 *
 * <p>Of more than 32 members, 32 are compared, or as many as it takes to find one that may be picked. A few candidates do
 * nearly as well as all (Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001), and looking at hundreds
 * would cost more than the rest of the request's way.
 */
final class LeastLatency implements LoadBalancer {
    private static final long STARVED_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final int PICKS_PER_TRIAL = 10;
    private static final int MOST_COMPARED = 32;

    private final Load[] loads;
    private final ToDoubleFunction<Load> time;
    private final AtomicInteger picks;
    private final AtomicInteger lastTrial;

    /** @param time the average time of a member that is to be low */
    LeastLatency(List<Member> members, ToDoubleFunction<Load> time) {
        this(members, time, 0);
    }

    /**
     * @param firstPick the number of the first pick; it starts at the member with this number, modulo the number of members
     */
    LeastLatency(List<Member> members, ToDoubleFunction<Load> time, int firstPick) {
        this.loads = members.stream().map(Member::load).toArray(Load[]::new);
        this.time = time;
        this.picks = new AtomicInteger(firstPick);
        this.lastTrial = new AtomicInteger(firstPick - PICKS_PER_TRIAL);
    }

    @Override
    public int pick(IntPredicate selectable, long nanos) {
        int pick = picks.getAndIncrement();
        int best = NONE;
        double lowest = Double.POSITIVE_INFINITY;
        int starved = NONE;
        long longest = STARVED_NANOS - 1;
        int index = Math.floorMod(pick, loads.length);
        for (int seen = 0; seen < loads.length && (seen < MOST_COMPARED || best == NONE); seen++) {
            Load load = loads[index];
            boolean untried = load.isUntried();
            double score = score(load);
            long idle = load.idleNanos(nanos);
            // Asked last, as it costs the most: of many members only a few are the best or the longest idle so far.
            if ((untried || score < lowest || idle > longest) && selectable.test(index)) {
                if (untried) {
                    return index;
                }
                if (score < lowest) {
                    lowest = score;
                    best = index;
                }
                if (idle > longest) {
                    longest = idle;
                    starved = index;
                }
            }
            index = index + 1 == loads.length ? 0 : index + 1;
        }
        return starved != NONE && mayTry(pick) ? starved : best;
    }

    private double score(Load load) {
        return time.applyAsDouble(load) * (load.inFlight() + 1) / load.successRate();
    }

    private boolean mayTry(int pick) {
        int last = lastTrial.get();
        return pick - last >= PICKS_PER_TRIAL && lastTrial.compareAndSet(last, pick);
    }
}
