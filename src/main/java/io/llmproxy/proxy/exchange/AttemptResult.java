package io.llmproxy.proxy.exchange;

import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.upstream.Lease;
import org.jspecify.annotations.Nullable;

/**
 * What came of asking one upstream.
 *
 * @param group name of the group
 * @param upstream name of the upstream, or null if none could be chosen
 * @param status status of its answer; 0 if none came
 * @param failure why no answer came, or null
 * @param nanos time to the head of the answer, or to the failure
 */
public record AttemptResult(
        String group,
        @Nullable String upstream,
        int status,
        @Nullable ProxyError failure,
        long nanos) {
    /** What came of the use of a lease until now. */
    public static AttemptResult of(String group, Lease lease, int status, @Nullable ProxyError failure, long now) {
        return new AttemptResult(group, lease.upstream().name(), status, failure, now - lease.acquired());
    }
}
