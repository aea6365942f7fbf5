package io.llmproxy.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.RetryConfig;
import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RetryPolicyTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final RetryConfig THREE = new RetryConfig(3, Duration.ofMillis(500), false);
    private static final RetryConfig UNSAFE = new RetryConfig(3, Duration.ofMillis(500), true);

    private static RetryPolicy generation(@Nullable RetryConfig config) {
        return RetryPolicy.of("POST", CHAT, config);
    }

    @ParameterizedTest
    @EnumSource(names = {"CONNECT_FAILED", "CONNECT_TIMEOUT", "TLS_FAILED", "REFUSED"})
    void whatCannotHaveBeenWorkedOnMayAlwaysBeRepeated(ProxyError failure) {
        assertThat(generation(null).allows(failure, true)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"RESET", "FIRST_BYTE_TIMEOUT", "STALLED", "BAD_RESPONSE"})
    void whatMayHaveBeenWorkedOnIsRepeatedOnlyIfItDoesNoHarm(ProxyError failure) {
        assertThat(generation(THREE).allows(failure, true)).isFalse();
        assertThat(generation(THREE).allows(failure, false)).isTrue();
        assertThat(generation(UNSAFE).allows(failure, true)).isTrue();
        assertThat(RetryPolicy.of("GET", "/v1/models", null).allows(failure, true))
                .isTrue();
        assertThat(RetryPolicy.of("POST", "/v1/embeddings", null).allows(failure, true))
                .isTrue();
        assertThat(RetryPolicy.of("POST", "/v1/messages/count_tokens", null).allows(failure, true))
                .isTrue();
        assertThat(RetryPolicy.of("POST", "/v1/messages", null).allows(failure, true))
                .isFalse();
    }

    @ParameterizedTest
    @EnumSource(names = {"CLIENT_GONE", "CLIENT_TOO_SLOW", "SHUTTING_DOWN", "BODY_TOO_LARGE", "INTERNAL"})
    void whatIsNotTheUpstreamsDoingIsNeverRepeated(ProxyError failure) {
        assertThat(RetryPolicy.of("GET", CHAT, UNSAFE).allows(failure, false)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "429,, true, true, true",
        "503,, true, true, true",
        "529,, true, true, true",
        "500,, false, false, true",
        "502,, false, false, true",
        "504,, false, false, true",
        "400,, false, false, false",
        "404,, false, false, false",
        "501,, false, false, false",
        "503, false, false, false, false",
        "409, true, true, true, true",
        "503, nonsense, true, true, true",
    })
    void statusesAreRepeatedByTheirMeaning(
            int status, @Nullable String advice, boolean without, boolean withRetry, boolean withUnsafe) {
        assertThat(generation(null).allows(status, advice)).isEqualTo(without);
        assertThat(generation(THREE).allows(status, advice)).isEqualTo(withRetry);
        assertThat(generation(UNSAFE).allows(status, advice)).isEqualTo(withUnsafe);
    }

    @Test
    void roundsAreForThoseWhoWantThemAndCountTheFirstAttemptApart() {
        assertThat(generation(null).allowsRound(1)).isFalse();
        assertThat(generation(THREE).allowsRound(3)).isTrue();
        assertThat(generation(THREE).allowsRound(4)).isFalse();
    }

    @Test
    void pausesAreAnywhereBelowABoundThatDoublesUpToHalfAMinute() {
        Random random = new Random(1);
        RetryPolicy policy = generation(THREE);
        for (int round = 0; round < 40; round++) {
            long bound = Math.min(500L << Math.min(round, 16), 30_000);
            long longest = 0;
            for (int i = 0; i < 200; i++) {
                longest = Math.max(longest, policy.pauseNanos(round, random));
            }
            assertThat(Duration.ofNanos(longest)).isBetween(Duration.ofMillis(bound / 2), Duration.ofMillis(bound));
        }
    }
}
