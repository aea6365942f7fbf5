package io.llmproxy.proxy;

import io.llmproxy.protocol.RetryAfter;

/**
 * An answer of the proxy's own to a request that no upstream serves.
 *
 * @param error why
 * @param retryAfterNanos when it may go better, in nanoseconds from now; 0 if that is not known
 * @param attempted whether upstreams were asked, so that the client has nothing to gain by asking again at once
 */
record Refusal(ProxyError error, long retryAfterNanos, boolean attempted) {
    /** A refusal before any upstream was asked. */
    static Refusal of(ProxyError error) {
        return new Refusal(error, 0, false);
    }

    /** The time in whole seconds, as headers tell it. */
    long retryAfterSeconds() {
        return RetryAfter.seconds(retryAfterNanos);
    }
}
