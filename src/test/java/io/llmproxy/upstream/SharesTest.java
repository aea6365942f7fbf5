package io.llmproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.balance.Load.Outcome;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What part in its group an upstream is told to have. */
final class SharesTest {
    private static final String UPSTREAMS =
            "{name: a, url: 'http://a', weight: 4}, {name: b, url: 'http://b', enabled: false}";
    private static final String MEMBERS = "{name: a}, {name: b, weight: 7}";

    private final Snapshots snapshots = new Snapshots();
    /** Later than anything that is made for a test. */
    private final long now = System.nanoTime() + 60_000_000_000L;

    @AfterEach
    void stop() {
        snapshots.close();
    }

    private void fails(UpstreamGroup group) {
        group.has(upstream -> {
            upstream.load().finished(now, 1, Outcome.FAILURE);
            return false;
        });
    }

    @Test
    void anUpstreamThatIsNotAskedHasNoWeight() {
        UpstreamGroup group = snapshots.group(UPSTREAMS, MEMBERS);
        fails(group);

        assertThat(group.shares(now))
                .containsExactly(new UpstreamGroup.Share("a", 4, 4), new UpstreamGroup.Share("b", 7, 0));
    }

    @Test
    void anAdaptiveBalancerTrustsAnUpstreamLessAfterAFailure() {
        UpstreamGroup group = snapshots.group(UPSTREAMS, MEMBERS, ", balance: {strategy: adaptive}");
        fails(group);

        assertThat(group.shares(now).get(0).effective()).isBetween(2.7, 2.9);
    }
}
