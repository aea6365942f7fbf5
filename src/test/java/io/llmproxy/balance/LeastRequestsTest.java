package io.llmproxy.balance;

import static io.llmproxy.balance.Balancers.ALL;
import static io.llmproxy.balance.Balancers.NOBODY;
import static io.llmproxy.balance.Balancers.allBut;
import static io.llmproxy.balance.Balancers.anyInstant;
import static io.llmproxy.balance.Balancers.counts;
import static io.llmproxy.balance.Balancers.members;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class LeastRequestsTest {
    private final Random random = new Random(3);
    private final long now = anyInstant();

    @Test
    void ofFewMembersTheLeastLoadedIsAlwaysPicked() {
        List<Member> members = members(1, 1, 1, 1);
        IntStream.of(0, 0, 1, 3).forEach(index -> members.get(index).load().started());

        assertThat(counts(new LeastRequests(members, random::nextInt), ALL, 4, 100))
                .containsExactly(0, 0, 100, 0);
    }

    @Test
    void ofManyMembersTheBetterOfTwoIsPicked() {
        List<Member> members = Balancers.alike(10);
        members.get(4).load().started();

        List<Integer> counts = counts(new LeastRequests(members, random::nextInt), ALL, 10, 90_000);

        assertThat(counts.get(4)).isZero();
        assertThat(counts).filteredOn(count -> count > 0).hasSize(9).allMatch(count -> count > 9_500 && count < 10_500);
    }

    @Test
    void requestsAreSpreadByWeight() {
        List<Member> members = members(6, 3, 1);
        LoadBalancer balancer = new LeastRequests(members, random::nextInt);
        for (int request = 0; request < 100; request++) {
            members.get(balancer.pick(ALL, now)).load().started();
        }
        assertThat(members).extracting(member -> member.load().inFlight()).containsExactly(60, 30, 10);
    }

    @Test
    void requestsAreSpreadAlmostEvenlyOverMany() {
        List<Member> members = Balancers.alike(100);
        LoadBalancer balancer = new LeastRequests(members, random::nextInt);
        for (int request = 0; request < 1000; request++) {
            members.get(balancer.pick(ALL, now)).load().started();
        }
        assertThat(members)
                .allMatch(
                        member -> member.load().inFlight() >= 7 && member.load().inFlight() <= 13);
    }

    @Test
    void equalsAreEquallyLikely() {
        assertThat(counts(new LeastRequests(Balancers.alike(3), random::nextInt), ALL, 3, 30_000))
                .allMatch(count -> count > 9_600 && count < 10_400);
    }

    @Test
    void onlySelectableMembersArePicked() {
        LoadBalancer balancer = new LeastRequests(Balancers.alike(10), random::nextInt);
        for (int pick = 0; pick < 1000; pick++) {
            assertThat(balancer.pick(allBut(1, 2, 3, 4, 5, 6, 7, 8), now)).isIn(0, 9);
        }
        assertThat(balancer.pick(index -> index == 6, now)).isEqualTo(6);
        assertThat(balancer.pick(NOBODY, now)).isEqualTo(LoadBalancer.NONE);
    }
}
