package io.llmproxy.proxy.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

final class UnwillingTest {
    private final Unwilling unwilling = new Unwilling();
    private final long now = ThreadLocalRandom.current().nextLong();

    @Test
    void anUpstreamIsAskedAgainAfterAnHour() {
        URI upstream = URI.create("http://up");
        assertThat(unwilling.has(upstream, now)).isFalse();

        assertThat(unwilling.add(upstream, now)).isTrue();
        assertThat(unwilling.add(upstream, now)).isFalse();

        assertThat(unwilling.has(upstream, now + Unwilling.NANOS - 1)).isTrue();
        assertThat(unwilling.has(URI.create("http://other"), now)).isFalse();
        assertThat(unwilling.has(upstream, now + Unwilling.NANOS)).isFalse();
        assertThat(unwilling.add(upstream, now + Unwilling.NANOS)).isTrue();
    }
}
