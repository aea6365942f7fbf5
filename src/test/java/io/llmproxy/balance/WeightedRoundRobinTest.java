package io.llmproxy.balance;

import static io.llmproxy.balance.Balancers.ALL;
import static io.llmproxy.balance.Balancers.NOBODY;
import static io.llmproxy.balance.Balancers.allBut;
import static io.llmproxy.balance.Balancers.counts;
import static io.llmproxy.balance.Balancers.countsOfThreads;
import static io.llmproxy.balance.Balancers.members;
import static io.llmproxy.balance.Balancers.picks;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

final class WeightedRoundRobinTest {

    @Test
    void picksAreSpreadEvenly() {
        assertThat(picks(new WeightedRoundRobin(members(5, 1, 1)), ALL, 7)).containsExactly(0, 0, 1, 0, 2, 0, 0);
    }

    @Test
    void anyTenOfEightToTwoAreEightAndTwo() {
        List<Integer> picks = picks(new WeightedRoundRobin(members(8, 2)), ALL, 1000);

        for (int from = 0; from + 10 <= picks.size(); from++) {
            List<Integer> ten = picks.subList(from, from + 10);
            assertThat(Collections.frequency(ten, 0)).isEqualTo(8);
        }
    }

    @Test
    void hugeWeightsAreMetToo() {
        assertThat(counts(new WeightedRoundRobin(members(65_535, 1, 65_534)), ALL, 3, 131_070))
                .containsExactly(65_535, 1, 65_534);
    }

    @Test
    void theWeightsOfThoseThatAreLeftCount() {
        WeightedRoundRobin balancer = new WeightedRoundRobin(members(5, 3, 1));

        assertThat(counts(balancer, allBut(0), 3, 400)).containsExactly(0, 300, 100);
        assertThat(counts(balancer, ALL, 3, 900)).containsExactly(500, 300, 100);
    }

    @Test
    void noUpstreamIsPickedWhenNoneIsSelectable() {
        assertThat(picks(new WeightedRoundRobin(members(2, 1)), NOBODY, 1)).containsOnly(LoadBalancer.NONE);
    }

    @Test
    void theWeightsHoldAmongThreads() throws Exception {
        assertThat(countsOfThreads(new WeightedRoundRobin(members(8, 2)), 2, 4, 10_000))
                .containsExactly(32_000, 8_000);
    }

    @Test
    void aWeightIsPositive() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Member(new Load(), 0))
                .withMessage("weight: 0 (expected: >= 1)");
    }
}
