package io.llmproxy.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.servlet.Entrance;
import io.llmproxy.proxy.servlet.FakeClient;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ExplanationsTest {
    private static final Explanations.Wanted ALL = new Explanations.Wanted(null, null, 0);

    private final Explanations explanations = new Explanations();
    private final Entrance entrance = new Entrance("", explanations);

    @AfterEach
    void stop() {
        entrance.close();
    }

    private Exchange ended() throws Exception {
        Exchange exchange = entrance.routed(FakeClient.of("POST", "/v1/chat/completions"));
        explanations.ended(exchange);
        return exchange;
    }

    @Test
    void anExchangeIsFoundByItsId() throws Exception {
        Exchange exchange = ended();
        ended();

        assertThat(explanations.of(exchange.id())).hasSize(1);
        assertThat(explanations.of("unknown-id")).isEmpty();
        assertThat(explanations.find(ALL, 100)).hasSize(2);
        assertThat(explanations.find(ALL, 1)).hasSize(1);
    }

    @Test
    void whatIsNotWantedIsNotFound() throws Exception {
        ended();

        assertThat(explanations.find(new Explanations.Wanted("u", null, 0), 100))
                .isEmpty();
        assertThat(explanations.find(new Explanations.Wanted(null, "upstream_timeout", 0), 100))
                .isEmpty();
        assertThat(explanations.find(new Explanations.Wanted(null, null, Long.MAX_VALUE), 100))
                .isEmpty();
    }

    @Test
    void whatIsForgottenIsNotFound() throws Exception {
        Exchange exchange = ended();
        ended();

        explanations.forget(one -> one.id().equals(exchange.id()));

        assertThat(explanations.of(exchange.id())).isEmpty();
        assertThat(explanations.find(ALL, 100)).hasSize(1);
    }

    @Test
    void aRingForgetsWhatIsUnwanted() {
        Ring<Integer> ring = new Ring<>(4);
        for (int i = 0; i < 3; i++) {
            ring.add(i);
        }

        assertThat(ring.removeIf(item -> item > 0)).isEqualTo(2);
        ring.add(7);

        List<Integer> kept = new ArrayList<>();
        ring.forEach(kept::add);
        assertThat(kept).containsExactlyInAnyOrder(0, 7);
    }

    @Test
    void aRingKeepsTheLastOnly() {
        Ring<Integer> ring = new Ring<>(4);
        for (int i = 0; i < 10; i++) {
            ring.add(i);
        }

        List<Integer> kept = new ArrayList<>();
        ring.forEach(kept::add);
        assertThat(kept).containsExactlyInAnyOrder(6, 7, 8, 9);
    }
}
