package io.llmproxy.proxy.attempt;

import java.time.Duration;

/**
 * A connection that ended before the head of an answer, and what had happened on it. It tells a connection that was dead
 * already when the request was written from one that died while the upstream worked on the request.
 *
 * @param pooled whether it had served other requests before
 * @param silent whether nothing came back: no interim answer, and no part of a head
 * @param sent whether the whole request had been written
 * @param sinceSent how long ago that was, in nanoseconds; means nothing if it had not
 */
record LostConnection(boolean pooled, boolean silent, boolean sent, long sinceSent) {
    /**
     * What an upstream needs at least to do work that costs anything, and more than a close needs that was on its way when the
     * request was written: that takes one round trip, and the longest on earth takes less.
     */
    static final Duration SHORTEST_WORK = Duration.ofMillis(250);

    /** Whether the upstream surely has not worked on the request. */
    boolean isUnworked() {
        return pooled && silent && (!sent || sinceSent < SHORTEST_WORK.toNanos());
    }
}
