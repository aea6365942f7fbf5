package io.llmproxy.balance;

import static io.llmproxy.balance.Balancers.ALL;
import static io.llmproxy.balance.Balancers.NOBODY;
import static io.llmproxy.balance.Balancers.counts;
import static io.llmproxy.balance.Balancers.picks;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RandomChoiceTest {
    private final RandomChoice balancer = new RandomChoice(10, new Random(42)::nextInt);

    @Test
    void allAreEquallyLikely() {
        assertThat(counts(balancer, ALL, 10, 100_000)).allMatch(count -> count > 9_600 && count < 10_400);
    }

    @Test
    void allThatAreLeftAreEquallyLikely() {
        List<Integer> counts = counts(balancer, index -> index == 2 || index > 7, 10, 90_000);

        assertThat(List.of(counts.get(2), counts.get(8), counts.get(9)))
                .allMatch(count -> count > 29_400 && count < 30_600);
    }

    @Test
    void aSingleSelectableMemberIsFound() {
        assertThat(picks(balancer, index -> index == 7, 1000)).containsOnly(7);
    }

    @Test
    void noUpstreamIsPickedWhenNoneIsSelectable() {
        assertThat(picks(balancer, NOBODY, 1)).containsOnly(LoadBalancer.NONE);
    }
}
