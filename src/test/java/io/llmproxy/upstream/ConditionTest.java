package io.llmproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmproxy.balance.Load;
import io.llmproxy.balance.LoadBalancer;
import io.llmproxy.balance.Member;
import io.llmproxy.breaker.CircuitBreaker;
import io.llmproxy.breaker.CircuitBreaker.State;
import io.llmproxy.config.BalanceConfig.Strategy;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.config.load.ConfigLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ConditionTest {
    private static final UpstreamConfig CONFIG = config();

    private final Condition condition = Condition.unknown(CONFIG, List.of("g"), new UpstreamListener() {});

    @Test
    void oneThatNothingHappenedToGetsItsShare() {
        assertThat(condition.found(true)).isFalse();

        assertThat(percent()).isBetween(45L, 55L);
    }

    @Test
    void oneThatHealthChecksFindWellAgainStartsSlowly() {
        assertThat(condition.found(false)).isTrue();
        assertThat(percent()).isBetween(45L, 55L);

        assertThat(condition.found(true)).isTrue();
        assertThat(percent()).isBetween(14L, 20L);
    }

    @Test
    void oneWhoseBreakerHasClosedStartsSlowlyAlsoAfterAReload() {
        CircuitBreaker breaker = Objects.requireNonNull(condition.breaker());
        fail(condition);
        assertThat(breaker.isPermitting(System.nanoTime())).isFalse();

        await().until(() -> closed(breaker));

        assertThat(percent()).isBetween(14L, 20L);
        Condition next = condition.under(CONFIG, CONFIG, List.of("g"), new UpstreamListener() {});
        assertThat(next.load()).isSameAs(condition.load());
    }

    @Test
    void aBreakerTellsTheGroupsOfTheConfigurationThatHasTakenOver() {
        List<List<String>> told = new ArrayList<>();
        UpstreamListener listener = new UpstreamListener() {
            @Override
            public void breakerChanged(List<String> groups, UpstreamConfig upstream, State from, State to) {
                told.add(groups);
            }
        };
        Condition current = Condition.unknown(CONFIG, List.of("g"), listener);
        current.takeOver();
        Condition next = current.under(CONFIG, CONFIG, List.of("g", "late"), listener);

        fail(current);
        assertThat(told).containsExactly(List.of("g"));

        next.takeOver();
        await().until(() -> closed(Objects.requireNonNull(next.breaker())));
        assertThat(told).last().isEqualTo(List.of("g", "late"));
    }

    private static void fail(Condition condition) {
        CircuitBreaker breaker = Objects.requireNonNull(condition.breaker());
        Objects.requireNonNull(breaker.tryAcquire(System.nanoTime())).failed(System.nanoTime());
    }

    /** A probe that comes back before the breaker's own timer has fired does not count. */
    private static boolean closed(CircuitBreaker breaker) {
        CircuitBreaker.Permit probe = breaker.tryAcquire(System.nanoTime());
        if (probe != null) {
            probe.succeeded(System.nanoTime());
        }
        return breaker.state() == State.CLOSED;
    }

    /** The share of the requests that it gets beside an upstream that all is well with. */
    private long percent() {
        LoadBalancer balancer =
                LoadBalancer.of(Strategy.ADAPTIVE, List.of(new Member(condition.load(), 1), new Member(new Load(), 1)));
        long now = System.nanoTime();
        return IntStream.range(0, 10_000)
                        .filter(pick -> balancer.pick(index -> true, now) == 0)
                        .count()
                / 100;
    }

    private static UpstreamConfig config() {
        String yaml = """
                http_server: {forwards: [{name: a, upstream_group: g}]}
                upstreams: [{name: u, url: 'http://u', breaker: {threshold: 1, window: 1, cooldown: 1}}]
                upstream_groups: [{name: g, upstreams: [{name: u}]}]
                """;
        return ConfigLoader.parse(yaml, "config.yaml", Path.of(""), Map.of())
                .config()
                .upstreams()
                .get(0);
    }
}
