package io.llmproxy.quota;

import java.util.concurrent.CompletableFuture;

/**
 * What is left of a limit. It knows what was taken and is told with each call how much there is, so that it outlives a change of the
 * amount.
 */
interface Allowance {
    /** A time that never comes, in nanoseconds. */
    long NEVER = Long.MAX_VALUE;

    /** Takes an amount, if as much is left. */
    Take take(long amount, long size, Moment now);

    /**
     * Takes an amount when it is known whether as much is left. Callbacks of the future must return soon.
     *
     * @return what {@link #take} says; never {@link Take#ASK}
     */
    default CompletableFuture<Take> ask(long amount, long size, Moment now) {
        return CompletableFuture.completedFuture(take(amount, size, now));
    }

    /**
     * Decides what was asked for as if the store were away, unless it is decided already: the request waits no longer.
     *
     * @param asked what {@link #ask} has returned, which is completed
     */
    default void giveUp(CompletableFuture<Take> asked, long amount, long size, Moment now) {
        // It waits for nothing.
    }

    /**
     * Puts what was used in the place of what was taken. More may have been used than was left: the next wait for it.
     *
     * @param taken the amount that was taken; 0 if none was
     * @param used the amount that was used
     * @param then when it was taken
     */
    void settle(long taken, long used, long size, Moment then, Moment now);

    /** Returns what is used of it, and tells the one that takes its place from now on what is used of this one. */
    Before handOver(Successor next, Moment now);

    /** Begins with what the one before knew; nothing was taken of this one yet. If it is known here as well, the larger count holds. */
    void begin(Before before, long size, Moment now);

    /** Returns whether it knows all that was used. Else what it says is of this node's part, or old. */
    default boolean isWhole(Moment now) {
        return true;
    }

    /** Returns what is left; 0 if more was used than there is. */
    long left(long size, Moment now);

    /** Returns the time until an amount can be taken, in nanoseconds; {@link #NEVER} if that is not to come. */
    long untilFree(long amount, long size, Moment now);

    /** Returns the time until all is there again, if nothing is taken meanwhile, in nanoseconds; or {@link #NEVER}. */
    long untilFull(long size, Moment now);
}
