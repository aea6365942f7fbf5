package io.llmproxy.proxy.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.KeyRateLimitConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.quota.Quotas;
import io.llmproxy.ratelimit.ConcurrencyLimit;
import io.llmproxy.ratelimit.TokenBucket;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeyLimitsTest {
    private static final KeyRateLimitConfig ONE = new KeyRateLimitConfig(1, null);

    private static ClientKey key(String secret, @Nullable KeyRateLimitConfig rate, int maxConcurrent) {
        return ClientKey.of(
                "",
                new ClientKeyConfig(
                        secret,
                        new Secret(secret),
                        true,
                        null,
                        List.of(),
                        rate,
                        maxConcurrent,
                        false,
                        null,
                        List.of()));
    }

    private static TokenBucket rate(KeyLimits limits, ClientKey key) {
        return Objects.requireNonNull(limits.of(key).rate());
    }

    private static ConcurrencyLimit concurrency(KeyLimits limits, ClientKey key) {
        return Objects.requireNonNull(limits.of(key).concurrency());
    }

    @Test
    void eachKeyHasItsOwnTokensAndPermits() {
        ClientKey first = key("sk-first", ONE, 1);
        ClientKey second = key("sk-second", new KeyRateLimitConfig(1, 2), 0);
        KeyLimits limits = KeyLimits.of(Stream.of(first, second), Quotas.NONE, null);

        assertThat(rate(limits, first).tryAcquire().allowed()).isTrue();
        assertThat(rate(limits, first).tryAcquire().allowed()).isFalse();
        assertThat(rate(limits, second).tryAcquire().remaining()).isEqualTo(1);
        assertThat(concurrency(limits, first).tryAcquire()).isTrue();
        assertThat(concurrency(limits, first).tryAcquire()).isFalse();
        assertThat(limits.of(second).concurrency()).isNull();
    }

    @Test
    void aKeyWithoutLimitsHasNone() {
        ClientKey free = key("sk-free-0", null, 0);
        KeyLimits limits = KeyLimits.of(Stream.of(free), Quotas.NONE, null);

        assertThat(limits.of(free).rate()).isNull();
        assertThat(limits.of(free).concurrency()).isNull();
    }

    @Test
    void limitsThatStayTheSameAreTakenOver() {
        ClientKey key = key("sk-first", ONE, 1);
        KeyLimits before = KeyLimits.of(Stream.of(key), Quotas.NONE, null);

        KeyLimits same =
                KeyLimits.of(Stream.of(key("sk-first", new KeyRateLimitConfig(1, null), 1)), Quotas.NONE, before);
        KeyLimits faster =
                KeyLimits.of(Stream.of(key("sk-first", new KeyRateLimitConfig(2, null), 1)), Quotas.NONE, before);
        KeyLimits wider = KeyLimits.of(Stream.of(key("sk-first", ONE, 2)), Quotas.NONE, before);
        KeyLimits other = KeyLimits.of(Stream.of(key("sk-other", ONE, 1)), Quotas.NONE, before);

        assertThat(same.of(key).rate()).isSameAs(rate(before, key));
        assertThat(same.of(key).concurrency()).isSameAs(concurrency(before, key));
        assertThat(faster.of(key).rate()).isNotSameAs(rate(before, key));
        assertThat(faster.of(key).concurrency()).isSameAs(concurrency(before, key));
        assertThat(wider.of(key).rate()).isSameAs(rate(before, key));
        assertThat(wider.of(key).concurrency()).isNotSameAs(concurrency(before, key));
        assertThat(other.of(key).rate()).isNull();
    }
}
