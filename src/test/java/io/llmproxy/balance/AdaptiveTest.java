package io.llmproxy.balance;

import static io.llmproxy.balance.Balancers.ALL;
import static io.llmproxy.balance.Balancers.NOBODY;
import static io.llmproxy.balance.Balancers.allBut;
import static io.llmproxy.balance.Balancers.anyInstant;
import static io.llmproxy.balance.Balancers.members;
import static io.llmproxy.balance.Balancers.serve;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.balance.Load.Outcome;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

final class AdaptiveTest {
    private static final int PICKS = 10_000;

    private final long now = anyInstant();
    private final SplittableRandom random = new SplittableRandom(7);

    @Test
    void theOnlyMemberIsAlwaysPicked() {
        assertThat(shares(members(3), ALL, now)).containsExactly(100);
    }

    @Test
    void noUpstreamIsPickedWhenNoneIsSelectable() {
        assertThat(balancer(members(1, 2)).pick(NOBODY, now)).isEqualTo(LoadBalancer.NONE);
    }

    @Test
    void weightsAreKeptWhileAllIsWell() {
        assertShares(members(1, 1), ALL, 50, 50);
        assertShares(members(2, 1), ALL, 67, 33);
        assertShares(members(10, 1), ALL, 91, 9);
        assertShares(members(1, 2, 5), ALL, 12, 25, 63);
    }

    @Test
    void theOthersShareWhatIsNotSelectable() {
        assertShares(members(1, 2, 5), allBut(2), 33, 67, 0);
    }

    @Test
    void anOverloadedUpstreamGetsFewerRequestsAndThenItsShareAgain() {
        List<Member> members = members(1, 1);
        Load throttled = members.get(0).load();

        serve(throttled, now, 1, Outcome.THROTTLED);
        assertShares(members, ALL, 33, 67);

        serve(throttled, now, 1, Outcome.THROTTLED, 10);
        assertShares(members, ALL, 5, 95);

        serve(throttled, now, 1, Outcome.SUCCESS, 10);
        assertShares(members, ALL, 50, 50);
    }

    @Test
    void anUpstreamThatFailsGetsFewerRequestsAndIfAllFailTheyShareAsBefore() {
        List<Member> members = members(2, 1);
        serve(members.get(0).load(), now, 1, Outcome.FAILURE, 2);
        assertShares(members, ALL, 49, 51);

        members.forEach(member -> serve(member.load(), now, 1, Outcome.FAILURE, 20));
        assertShares(members, ALL, 67, 33);
    }

    @Test
    void whatIsTheClientsFaultCostsNothing() {
        List<Member> members = members(1, 1);
        serve(members.get(0).load(), now, 1, Outcome.NEUTRAL, 50);

        assertShares(members, ALL, 50, 50);
    }

    @Test
    void oneThatIsBackGrowsIntoItsShare() {
        List<Member> members = members(1, 1);
        members.get(0).load().recovered(now);

        assertShares(members, ALL, now, 17, 83);
        assertShares(members, ALL, now + SECONDS.toNanos(30), 33, 67);
        assertShares(members, ALL, now + SECONDS.toNanos(60), 50, 50);
    }

    @Test
    void groupsThatShareAnUpstreamShareItsMultiplier() {
        Member shared = new Member(new Load(), 1);
        List<Member> other = List.of(new Member(shared.load(), 4), new Member(new Load(), 1));
        serve(shared.load(), now, 1, Outcome.THROTTLED, 2);

        assertShares(other, ALL, 50, 50);
    }

    private void assertShares(List<Member> members, IntPredicate selectable, int... percent) {
        assertShares(members, selectable, now, percent);
    }

    private void assertShares(List<Member> members, IntPredicate selectable, long at, int... percent) {
        int[] shares = shares(members, selectable, at);
        assertThat(shares).hasSameSizeAs(percent);
        for (int index = 0; index < percent.length; index++) {
            assertThat(shares[index]).as("member %s", index).isBetween(percent[index] - 2, percent[index] + 2);
        }
    }

    private int[] shares(List<Member> members, IntPredicate selectable, long at) {
        LoadBalancer balancer = balancer(members);
        int[] counts = new int[members.size()];
        for (int pick = 0; pick < PICKS; pick++) {
            counts[balancer.pick(selectable, at)]++;
        }
        for (int index = 0; index < counts.length; index++) {
            counts[index] = Math.round(counts[index] * 100f / PICKS);
        }
        return counts;
    }

    private LoadBalancer balancer(List<Member> members) {
        return new Adaptive(members, random::nextDouble);
    }
}
