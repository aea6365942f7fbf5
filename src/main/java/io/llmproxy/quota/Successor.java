package io.llmproxy.quota;

/**
 * What takes the place of an allowance, since what it is kept in has changed. It is told what is used of the one before from then on: what
 * began there ends there, and may go on for days.
 *
 * @param allowance what takes its place
 * @param size of all of it
 */
record Successor(Allowance allowance, long size) {
    /** Notes that so much more was used; less, if it is negative. */
    void used(long amount, Moment now) {
        if (amount != 0) {
            allowance.settle(Math.max(0, -amount), Math.max(0, amount), size, now, now);
        }
    }
}
