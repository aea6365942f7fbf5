package io.llmproxy.balance;

import static io.llmproxy.balance.Balancers.ALL;
import static io.llmproxy.balance.Balancers.NOBODY;
import static io.llmproxy.balance.Balancers.allBut;
import static io.llmproxy.balance.Balancers.picks;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class FailoverTest {
    private final Failover balancer = new Failover(3);

    @Test
    void theFirstSelectableMemberGetsAll() {
        assertThat(picks(balancer, ALL, 3)).containsOnly(0);
        assertThat(picks(balancer, allBut(0), 3)).containsOnly(1);
        assertThat(picks(balancer, allBut(0, 1), 3)).containsOnly(2);
        assertThat(picks(balancer, ALL, 3)).containsOnly(0);
    }

    @Test
    void noUpstreamIsPickedWhenNoneIsSelectable() {
        assertThat(picks(balancer, NOBODY, 1)).containsOnly(LoadBalancer.NONE);
    }
}
