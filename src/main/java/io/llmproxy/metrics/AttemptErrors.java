package io.llmproxy.metrics;

import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.AttemptResult;
import org.jspecify.annotations.Nullable;

/** What is wrong with an attempt, in the words of metrics. */
final class AttemptErrors {
    private static final int ERROR_STATUS = 400;

    private AttemptErrors() {}

    /** Returns null if nothing is, or if the upstream is not to blame. */
    static @Nullable String of(AttemptResult attempt) {
        ProxyError failure = attempt.failure();
        if (failure != null && attempt.upstream() == null) {
            return "select_error";
        }
        if (failure != null) {
            return failure.concernsUpstream() ? failure.code() : null;
        }
        return attempt.status() >= ERROR_STATUS ? "upstream_error" : null;
    }
}
