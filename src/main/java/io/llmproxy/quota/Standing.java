package io.llmproxy.quota;

/**
 * How much of a limit is left. A cost is in billionths of the currency's unit.
 *
 * @param limit the limit
 * @param size how much it allows
 * @param left how much of that is left
 * @param untilFull the time until all is there again, in nanoseconds; {@link Long#MAX_VALUE} if that is never
 * @param refused how many requests it has refused, or would have, because too little was left
 * @param isWhole whether this node knows all that was used; if not, as the store that nodes share is away, it knows its part
 */
public record Standing(Limit limit, long size, long left, long untilFull, long refused, boolean isWhole) {
    /** Makes one that is known whole. */
    public Standing(Limit limit, long size, long left, long untilFull, long refused) {
        this(limit, size, left, untilFull, refused, true);
    }

    /** Returns how much is used. */
    public long used() {
        return size - left;
    }

    /** Returns the part that is left, from 0 to 1. */
    public double leftPart() {
        return (double) left / size;
    }

    /** Returns the part that is used, from 0 to 1. */
    public double usedPart() {
        return (double) (size - left) / size;
    }

    /** Returns the part that is used in percent, rounded down: all is used only if nothing is left. */
    public long usedPercent() {
        return (size - left) * 100 / size;
    }
}
