package io.llmproxy.upstream;

import io.llmproxy.config.AuthKeyConfig;
import io.llmproxy.ratelimit.MinuteAllowance;
import org.jspecify.annotations.Nullable;

/**
 * What a provider lets one key do each minute, and what is left of it. How many tokens a request takes is known at its end only: until
 * then it counts as taking as many as requests did lately. Times are nanoseconds on the clock of {@link System#nanoTime}.
 */
final class KeyAllowance {
    /** One part in so many of the average is the last request's. */
    private static final int AVERAGED = 8;

    private final int requestsPerMinute;
    private final int tokensPerMinute;
    private final @Nullable MinuteAllowance requests;
    private final @Nullable MinuteAllowance tokens;
    /** Updates may be lost: it is an average. */
    private volatile long usual;

    private KeyAllowance(int requestsPerMinute, int tokensPerMinute, long now) {
        this.requestsPerMinute = requestsPerMinute;
        this.tokensPerMinute = tokensPerMinute;
        this.requests = requestsPerMinute == 0 ? null : new MinuteAllowance(requestsPerMinute, now);
        this.tokens = tokensPerMinute == 0 ? null : new MinuteAllowance(tokensPerMinute, now);
    }

    /**
     * Returns the allowance of a key.
     *
     * @param before what the key had in the configuration before, which goes on if its figures are the same; null for none
     */
    static KeyAllowance of(AuthKeyConfig key, @Nullable KeyAllowance before, long now) {
        return before != null && before.requestsPerMinute == key.rpm() && before.tokensPerMinute == key.tpm()
                ? before
                : new KeyAllowance(key.rpm(), key.tpm(), now);
    }

    /** Returns the time until a request may be made; 0 if it may. */
    long untilNanos(long now) {
        long request = requests == null ? 0 : requests.untilNanos(1, now);
        long words = tokens == null ? 0 : tokens.untilNanos(Math.max(1, usual), now);
        return Math.max(request, words);
    }

    /** A request is made. Returns as how many tokens it counts until {@link #settle}. */
    long begin(long now) {
        if (requests != null) {
            requests.use(1, now);
        }
        if (tokens == null) {
            return 0;
        }
        long expected = usual;
        tokens.use(expected, now);
        return expected;
    }

    /**
     * A request is not made after all.
     *
     * @param expected as how many tokens it has counted
     */
    void cancel(long expected, long now) {
        if (requests != null) {
            requests.use(-1, now);
        }
        if (tokens != null) {
            tokens.use(-expected, now);
        }
    }

    /**
     * A request is over.
     *
     * @param expected as how many tokens it has counted
     * @param used how many it took; 0 if none, or if that is not known
     */
    void settle(long expected, long used, long now) {
        if (tokens == null) {
            return;
        }
        tokens.use(used - expected, now);
        if (used > 0) {
            long before = usual;
            usual = before == 0 ? used : before + (used - before) / AVERAGED;
        }
    }
}
