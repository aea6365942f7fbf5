package io.llmproxy.quota;

/**
 * What a node tells the store of one limit, and what it asks of it. The store has the truth; its answer is a {@link LeaseReply}.
 *
 * @param key of what is left of the limit
 * @param kind how that comes back
 * @param size how much the limit allows
 * @param time of a bucket, in how many microseconds it is filled; of a window, when it is over, in milliseconds since 1970, or 0 if
 *     never; of permits, after how many milliseconds without a word they are free again
 * @param delta how much was used besides what was asked for; negative if something is given back. Of permits, how many the node holds
 * @param least the smallest amount that a request waits for; 0 if none does
 * @param need all that requests wait for
 * @param want how much the node likes to have, for the requests to come
 * @param seen how much was used of it when the store was last heard: if it has lost that, it goes on from there
 * @param born when the count was born that was seen; 0 if none was, {@link #ELSEWHERE} if it was seen in another store
 */
public record LeaseCall(
        String key,
        Kind kind,
        long size,
        long time,
        long delta,
        long least,
        long need,
        long want,
        long seen,
        long born) {
    /** The birth of a count that was seen in another store: of the two, the larger one holds. */
    public static final long ELSEWHERE = -1;

    /** How what was used comes back. */
    public enum Kind {
        /** Steadily. */
        BUCKET,
        /** All of it at once, at the beginning of the next window. */
        WINDOW,
        /** When it is given back, or its node is gone. */
        PERMITS
    }
}
