package io.llmproxy.balance;

import static io.llmproxy.balance.Balancers.ALL;
import static io.llmproxy.balance.Balancers.NOBODY;
import static io.llmproxy.balance.Balancers.anyInstant;
import static io.llmproxy.balance.Balancers.counts;
import static io.llmproxy.balance.Balancers.serve;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.llmproxy.balance.Load.Outcome;
import io.llmproxy.config.BalanceConfig.Strategy;
import io.llmproxy.testing.Allocation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class LoadBalancerTest {
    private static final int PICKS = 100_000;

    private final long now = anyInstant();

    @ParameterizedTest
    @CsvSource({
        "ROUNDROBIN, RoundRobin",
        "WEIGHTED_ROUNDROBIN, WeightedRoundRobin",
        "RANDOM, RandomChoice",
        "FAILOVER, Failover",
        "RESPONSE_AWARE, LeastLatency",
        "TTFT_AWARE, LeastLatency",
        "LEAST_REQUESTS, LeastRequests",
        "ADAPTIVE, Adaptive",
    })
    void everyStrategyHasItsBalancer(Strategy strategy, String name) {
        assertThat(LoadBalancer.of(strategy, members(3)).getClass().getSimpleName())
                .isEqualTo(name);
    }

    @ParameterizedTest
    @EnumSource
    void aGroupHasMembers(Strategy strategy) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LoadBalancer.of(strategy, List.of()))
                .withMessage("members: [] (expected: at least one)");
    }

    @ParameterizedTest
    @EnumSource
    void theOnlySelectableMemberIsFoundWhereverItIs(Strategy strategy) {
        for (int size : new int[] {1, 2, 5, 100}) {
            LoadBalancer balancer = LoadBalancer.of(strategy, members(size));
            for (int only = 0; only < size; only++) {
                int index = only;
                assertThat(balancer.pick(each -> each == index, now)).isEqualTo(index);
            }
            assertThat(balancer.pick(NOBODY, now)).isEqualTo(LoadBalancer.NONE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void picksAllocateNothing(Strategy strategy) {
        LoadBalancer balancer = LoadBalancer.of(strategy, members(100));
        IntPredicate mostOfThem = index -> index % 10 != 0;

        assertThat(Allocation.perCall(PICKS, () -> balancer.pick(mostOfThem, now)))
                .as("bytes")
                .isZero();
    }

    @ParameterizedTest
    @EnumSource
    void threadsThatPickServeAndChangeWhatIsSelectableAgreeInTheEnd(Strategy strategy) throws Exception {
        List<Member> members = members(7);
        LoadBalancer balancer = LoadBalancer.of(strategy, members);
        CyclicBarrier start = new CyclicBarrier(4);
        ExecutorService executor = Executors.newFixedThreadPool(4);
        try {
            List<Future<Integer>> running = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                int absent = thread;
                running.add(executor.submit(() -> {
                    start.await();
                    return serveMany(balancer, members, absent);
                }));
            }
            for (Future<Integer> each : running) {
                assertThat(each.get()).isEqualTo(20_000);
            }
        } finally {
            executor.shutdownNow();
        }
        assertThat(members).allMatch(member -> member.load().inFlight() == 0);
    }

    @Test
    void groupsThatShareAnUpstreamShareItsFigures() {
        Member shared = new Member(new Load(), 1);
        Member own = new Member(new Load(), 1);
        serve(own.load(), now, 100, Outcome.SUCCESS);
        LoadBalancer group = LoadBalancer.of(Strategy.RESPONSE_AWARE, List.of(shared, own));
        LoadBalancer other = LoadBalancer.of(Strategy.RESPONSE_AWARE, List.of(shared));

        serve(members(1).get(0).load(), now, 1, Outcome.SUCCESS);
        assertThat(other.pick(ALL, now)).isZero();
        serve(shared.load(), now, 900, Outcome.SUCCESS);

        assertThat(group.pick(ALL, now)).isOne();
    }

    @ParameterizedTest
    @CsvSource({
        "ROUNDROBIN, 4000, 4000, 4000",
        "WEIGHTED_ROUNDROBIN, 2000, 4000, 6000",
        "FAILOVER, 12000, 0, 0",
        "RANDOM, 4000, 4000, 4000"
    })
    void outcomesChangeNothingForABalancerThatDoesNotAskForThem(Strategy strategy, int first, int second, int third) {
        List<Member> members = members(3);
        LoadBalancer balancer = LoadBalancer.of(strategy, members);
        serve(members.get(0).load(), now, 1, Outcome.THROTTLED, 50);
        serve(members.get(0).load(), now, 5000, Outcome.FAILURE, 50);
        members.get(1).load().recovered(now);

        List<Integer> counts = counts(balancer, ALL, 3, 12_000);

        int chance = strategy == Strategy.RANDOM ? 400 : 0;
        assertThat(counts.get(0)).isCloseTo(first, within(chance));
        assertThat(counts.get(1)).isCloseTo(second, within(chance));
        assertThat(counts.get(2)).isCloseTo(third, within(chance));
    }

    private int serveMany(LoadBalancer balancer, List<Member> members, int absent) {
        int served = 0;
        for (int request = 0; request < 20_000; request++) {
            int picked = balancer.pick(index -> index != absent, now);
            serve(members.get(picked).load(), now, 5, Outcome.SUCCESS);
            served += picked == absent ? 0 : 1;
        }
        return served;
    }

    /** Members of different weight that were all tried. */
    private List<Member> members(int size) {
        List<Member> members = new ArrayList<>();
        for (int index = 0; index < size; index++) {
            Member member = new Member(new Load(), 1 + index % 3);
            serve(member.load(), now, 100 + index, Outcome.SUCCESS);
            members.add(member);
        }
        return members;
    }
}
