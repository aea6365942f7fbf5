package io.llmproxy.quota;

/**
 * What a request has used. What is negative is not known, and counts as it was reserved.
 *
 * @param input tokens
 * @param output tokens
 * @param cost in billionths of the currency's unit
 */
public record Used(long input, long output, long cost) {
    /** Nothing. */
    public static final Used NOTHING = new Used(0, 0, 0);

    /** Something was used, but it is unknown how much. */
    public static final Used UNKNOWN = new Used(-1, -1, -1);
}
