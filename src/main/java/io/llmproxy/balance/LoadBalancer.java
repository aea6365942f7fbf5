package io.llmproxy.balance;

import io.llmproxy.config.BalanceConfig.Strategy;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;

/**
 * Picks the member of a group that gets the next request. A balancer knows its members by their place in the list that
 * it was made from, and is safe for use by many threads. A pick allocates nothing.
 */
@FunctionalInterface
public interface LoadBalancer {
    /** The pick when no member is selectable. */
    int NONE = -1;

    /**
     * Picks a member. The pick claims nothing: that a request is on its way is told to the member's {@link Load}.
     *
     * @param selectable whether the member at an index may be picked; must be quick and free of side effects, as it may
     *     be asked more than once about a member, and must not call a balancer
     * @param nanos now, on a monotonic clock of any origin
     * @return the index of a selectable member, or {@link #NONE}
     */
    int pick(IntPredicate selectable, long nanos);

    /**
     * Makes the balancer that a group was configured with.
     *
     * @param strategy how to choose
     * @param members the members of the group, in the order of the configuration
     * @throws IllegalArgumentException if there are no members
     */
    static LoadBalancer of(Strategy strategy, List<Member> members) {
        if (members.isEmpty()) {
            throw new IllegalArgumentException("members: [] (expected: at least one)");
        }
        IntUnaryOperator random = bound -> ThreadLocalRandom.current().nextInt(bound);
        return switch (strategy) {
            case ROUNDROBIN -> new RoundRobin(members.size());
            case WEIGHTED_ROUNDROBIN -> new WeightedRoundRobin(members);
            case RANDOM -> new RandomChoice(members.size(), random);
            case FAILOVER -> new Failover(members.size());
            case RESPONSE_AWARE -> new LeastLatency(members, Load::responseNanos);
            case TTFT_AWARE -> new LeastLatency(members, Load::firstByteNanos);
            case LEAST_REQUESTS -> new LeastRequests(members, random);
            case ADAPTIVE ->
                new Adaptive(members, () -> ThreadLocalRandom.current().nextDouble());
        };
    }
}
