package io.llmproxy.proxy.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ServingTest {
    private final AtomicInteger left = new AtomicInteger();
    private final Serving serving = new Serving(
            new Mounts(List.of(), name -> 0, 0, true),
            new ExchangeListener() {},
            Metering.start(),
            left::incrementAndGet);

    @Test
    void aServingWithoutExchangesIsLeftAtOnce() {
        serving.replaced();

        assertThat(left).hasValue(1);
        assertThat(serving.isLeft()).isTrue();
        assertThat(serving.enter()).isFalse();
    }

    @Test
    void isLeftWithTheLastExchangeAfterItWasReplaced() {
        assertThat(serving.enter()).isTrue();
        assertThat(serving.enter()).isTrue();
        serving.leave();
        assertThat(serving.isLeft()).isFalse();

        serving.replaced();
        assertThat(serving.enter()).isFalse();
        assertThat(left).hasValue(0);
        serving.leave();

        assertThat(left).hasValue(1);
        assertThat(serving.isLeft()).isTrue();
    }
}
