package io.llmproxy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProviderLimitsTest {
    private static final long SECOND = 1_000_000_000L;

    private static long until(String... headers) {
        ProviderLimits limits = new ProviderLimits();
        for (String header : headers) {
            int colon = header.indexOf(':');
            limits.accept(header.substring(0, colon), header.substring(colon + 1));
        }
        return limits.untilNanos();
    }

    @Test
    void nothingIsLeft() {
        assertThat(until("X-RateLimit-Limit-Requests: 60", "X-RateLimit-Remaining-Requests: 0"))
                .isEqualTo(SECOND);
        assertThat(until("x-ratelimit-remaining-tokens:0", "x-ratelimit-limit-tokens:30000"))
                .isEqualTo(SECOND);
        assertThat(until("anthropic-ratelimit-requests-limit: 6", "anthropic-ratelimit-requests-remaining: 0"))
                .isEqualTo(10 * SECOND);
        assertThat(until("anthropic-ratelimit-tokens-limit: 6", "anthropic-ratelimit-tokens-remaining: 0"))
                .isEqualTo(SECOND);
    }

    @Test
    void somethingIsLeftOrNothingIsKnown() {
        assertThat(until("x-ratelimit-limit-requests: 60", "x-ratelimit-remaining-requests: 1"))
                .isZero();
        assertThat(until("x-ratelimit-remaining-requests: 0")).isZero();
        assertThat(until("x-ratelimit-limit-requests: 0", "x-ratelimit-remaining-requests: 0"))
                .isZero();
        assertThat(until("x-ratelimit-limit-requests: -1", "x-ratelimit-remaining-requests: -1"))
                .isZero();
        assertThat(until("x-ratelimit-limit-requests: 60", "x-ratelimit-remaining-requests: none"))
                .isZero();
        assertThat(until("x-ratelimit-limit-pictures: 60", "x-ratelimit-remaining-pictures: 0"))
                .isZero();
        assertThat(until("content-type: application/json", "access-control-allow-origin: *"))
                .isZero();
    }

    @Test
    void aHeaderWithoutAValueIsPassedOver() {
        ProviderLimits limits = new ProviderLimits();
        limits.accept("x-ratelimit-remaining-requests", null);
        assertThat(limits.untilNanos()).isZero();
    }
}
