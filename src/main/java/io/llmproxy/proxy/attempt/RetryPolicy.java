package io.llmproxy.proxy.attempt;

import io.llmproxy.config.RetryConfig;
import io.llmproxy.protocol.Endpoint;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.Verdict;
import java.time.Duration;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides after which failures a request may be sent again, and how long to wait before. An upstream that has answered that
 * it failed is done with the request. One whose connection died may have worked on it: then it is repeated only if that does
 * no harm.
 */
final class RetryPolicy {
    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE");
    private static final long LONGEST_PAUSE = Duration.ofSeconds(30).toNanos();

    private final @Nullable RetryConfig config;
    private final boolean harmless;

    private RetryPolicy(@Nullable RetryConfig config, boolean harmless) {
        this.config = config;
        this.harmless = harmless;
    }

    /** Returns the policy for a request. */
    static RetryPolicy of(String method, Endpoint endpoint, @Nullable RetryConfig config) {
        boolean wanted = config != null && config.unsafe();
        return new RetryPolicy(config, wanted || IDEMPOTENT.contains(method) || endpoint.isRepeatable());
    }

    /**
     * Decides whether a request without an answer may be sent again.
     *
     * @param failure why there is no answer
     * @param connected whether the upstream may have seen the request
     * @param stream whether a stream was asked for
     */
    Verdict afterFailure(ProxyError failure, boolean connected, boolean stream) {
        if (failure.isBeforeWork()) {
            return Verdict.NOT_WORKED_ON;
        }
        if (!failure.blamesUpstream()) {
            return Verdict.NOT_THE_UPSTREAM;
        }
        if (!connected) {
            return Verdict.NOT_WORKED_ON;
        }
        if (stream && isSilence(failure)) {
            return Verdict.SILENT_STREAM;
        }
        return harmless ? Verdict.HARMLESS : Verdict.MAY_BE_WORKED_ON;
    }

    private static boolean isSilence(ProxyError failure) {
        return failure == ProxyError.FIRST_BYTE_TIMEOUT || failure == ProxyError.STALLED;
    }

    /**
     * Decides whether a request may be sent again after an answer of this status, or after a stream that has said nothing but
     * an error of this status.
     *
     * @param advice what the upstream's {@code x-should-retry} says, or null
     */
    Verdict afterAnswer(int status, @Nullable String advice) {
        if ("false".equalsIgnoreCase(advice)) {
            return Verdict.ADVISED_AGAINST;
        }
        if (UpstreamStatus.isFailure(status) || UpstreamStatus.isRefusal(status)) {
            return Verdict.UPSTREAM_FAILED;
        }
        return status >= 400 && "true".equalsIgnoreCase(advice) ? Verdict.ADVISED : Verdict.FINAL_ANSWER;
    }

    /** Whether upstreams may be asked a second time at all. */
    boolean hasRounds() {
        return config != null;
    }

    /** Whether upstreams may be asked a second time after so many attempts. */
    boolean allowsRound(int attempts) {
        return config != null && attempts <= config.attempts();
    }

    /**
     * How long to wait before a round, in nanoseconds: any time up to a bound that doubles with each ("full jitter").
     *
     * @param round number of the round, from 0
     * @param random the source of chance
     * @see <a href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/">Exponential backoff and
     *     jitter, 2015</a>
     */
    long pauseNanos(int round, RandomGenerator random) {
        if (config == null) {
            return 0;
        }
        long bound = config.initial().toNanos() << Math.min(round, 16);
        return random.nextLong(Math.min(bound, LONGEST_PAUSE) + 1);
    }

    /** Whether a client can be made to wait that long. */
    static boolean isBearable(long nanos) {
        return nanos <= LONGEST_PAUSE;
    }
}
