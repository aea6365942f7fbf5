package io.llmproxy.proxy.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.RetryConfig;
import io.llmproxy.protocol.ApiPath;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.Verdict;
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
        return RetryPolicy.of("POST", ApiPath.of(CHAT).endpoint(), config);
    }

    @ParameterizedTest
    @EnumSource(names = {"CONNECT_FAILED", "CONNECT_TIMEOUT", "TLS_FAILED", "REFUSED"})
    void whatCannotHaveBeenWorkedOnMayAlwaysBeRepeated(ProxyError failure) {
        assertThat(generation(null).afterFailure(failure, true, false)).isEqualTo(Verdict.NOT_WORKED_ON);
    }

    @ParameterizedTest
    @EnumSource(names = {"RESET", "FIRST_BYTE_TIMEOUT", "STALLED", "BAD_RESPONSE"})
    void whatMayHaveBeenWorkedOnIsRepeatedOnlyIfItDoesNoHarm(ProxyError failure) {
        assertThat(generation(THREE).afterFailure(failure, true, false)).isEqualTo(Verdict.MAY_BE_WORKED_ON);
        assertThat(generation(THREE).afterFailure(failure, false, false)).isEqualTo(Verdict.NOT_WORKED_ON);
        assertThat(generation(UNSAFE).afterFailure(failure, true, false)).isEqualTo(Verdict.HARMLESS);
        assertThat(RetryPolicy.of("GET", ApiPath.of("/v1/models").endpoint(), null)
                        .afterFailure(failure, true, false))
                .isEqualTo(Verdict.HARMLESS);
        assertThat(RetryPolicy.of("POST", ApiPath.of("/v1/embeddings").endpoint(), null)
                        .afterFailure(failure, true, false))
                .isEqualTo(Verdict.HARMLESS);
        assertThat(RetryPolicy.of(
                                "POST", ApiPath.of("/v1/messages/count_tokens").endpoint(), null)
                        .afterFailure(failure, true, false))
                .isEqualTo(Verdict.HARMLESS);
        assertThat(RetryPolicy.of("POST", ApiPath.of("/v1/messages").endpoint(), null)
                        .afterFailure(failure, true, false))
                .isEqualTo(Verdict.MAY_BE_WORKED_ON);
    }

    @ParameterizedTest
    @EnumSource(names = {"CLIENT_GONE", "CLIENT_TOO_SLOW", "SHUTTING_DOWN", "BODY_TOO_LARGE", "INTERNAL"})
    void whatIsNotTheUpstreamsDoingIsNeverRepeated(ProxyError failure) {
        assertThat(RetryPolicy.of("GET", ApiPath.of(CHAT).endpoint(), UNSAFE).afterFailure(failure, false, false))
                .isEqualTo(Verdict.NOT_THE_UPSTREAM);
    }

    @ParameterizedTest
    @EnumSource(names = {"FIRST_BYTE_TIMEOUT", "STALLED"})
    void aStreamThatNeverBeganMayAlwaysBeRepeated(ProxyError failure) {
        assertThat(generation(null).afterFailure(failure, true, true)).isEqualTo(Verdict.SILENT_STREAM);
    }

    @ParameterizedTest
    @EnumSource(names = {"RESET", "BAD_RESPONSE", "REQUEST_TIMEOUT"})
    void aStreamWhoseConnectionDiedIsRepeatedOnlyIfItDoesNoHarm(ProxyError failure) {
        assertThat(generation(null).afterFailure(failure, true, true)).isEqualTo(Verdict.MAY_BE_WORKED_ON);
        assertThat(generation(UNSAFE).afterFailure(failure, true, true)).isEqualTo(Verdict.HARMLESS);
    }

    @ParameterizedTest
    @CsvSource({
        "429,, UPSTREAM_FAILED",
        "500,, UPSTREAM_FAILED",
        "502,, UPSTREAM_FAILED",
        "503,, UPSTREAM_FAILED",
        "504,, UPSTREAM_FAILED",
        "529,, UPSTREAM_FAILED",
        "400,, FINAL_ANSWER",
        "404,, FINAL_ANSWER",
        "501,, FINAL_ANSWER",
        "0,, FINAL_ANSWER",
        "500, false, ADVISED_AGAINST",
        "503, false, ADVISED_AGAINST",
        "400, false, ADVISED_AGAINST",
        "409, true, ADVISED",
        "200, true, FINAL_ANSWER",
        "503, nonsense, UPSTREAM_FAILED",
    })
    void statusesAreRepeatedByTheirMeaningWhateverIsConfigured(int status, @Nullable String advice, Verdict verdict) {
        assertThat(generation(null).afterAnswer(status, advice)).isEqualTo(verdict);
        assertThat(generation(THREE).afterAnswer(status, advice)).isEqualTo(verdict);
        assertThat(generation(UNSAFE).afterAnswer(status, advice)).isEqualTo(verdict);
    }

    @Test
    void roundsFollowWhereRetryIsEnabledAndCountTheFirstAttemptApart() {
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
