package io.llmproxy.balance;

import static io.llmproxy.balance.Balancers.ALL;
import static io.llmproxy.balance.Balancers.NOBODY;
import static io.llmproxy.balance.Balancers.allBut;
import static io.llmproxy.balance.Balancers.counts;
import static io.llmproxy.balance.Balancers.countsOfThreads;
import static io.llmproxy.balance.Balancers.picks;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RoundRobinTest {
    private final RoundRobin balancer = new RoundRobin(3);

    @Test
    void membersTakeTurns() {
        assertThat(picks(balancer, ALL, 7)).containsExactly(0, 1, 2, 0, 1, 2, 0);
    }

    @Test
    void anAbsentMemberIsSkipped() {
        assertThat(picks(balancer, allBut(1), 4)).containsExactly(0, 2, 0, 2);
    }

    @Test
    void theNeighbourOfAnAbsentMemberDoesNotGetTheRequestsOfBoth() {
        assertThat(counts(new RoundRobin(10), allBut(3, 4, 5), 10, 700))
                .containsExactly(100, 100, 100, 0, 0, 0, 100, 100, 100, 100);
    }

    @Test
    void theTurnGoesOnWhenAMemberComesBack() {
        assertThat(picks(balancer, allBut(0), 1)).containsExactly(1);
        assertThat(picks(balancer, ALL, 3)).containsExactly(2, 0, 1);
    }

    @Test
    void noUpstreamIsPickedWhenNoneIsSelectable() {
        assertThat(picks(balancer, NOBODY, 2)).containsOnly(LoadBalancer.NONE);
        assertThat(picks(balancer, ALL, 1)).containsExactly(0);
    }

    @Test
    void aSingleMemberGetsAll() {
        assertThat(picks(new RoundRobin(1), ALL, 3)).containsOnly(0);
        assertThat(picks(new RoundRobin(1), NOBODY, 1)).containsOnly(LoadBalancer.NONE);
    }

    @Test
    void noTurnIsLostAmongThreads() throws Exception {
        assertThat(countsOfThreads(balancer, 3, 4, 30_000)).containsExactly(40_000, 40_000, 40_000);
    }
}
