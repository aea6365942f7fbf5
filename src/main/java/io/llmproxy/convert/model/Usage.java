package io.llmproxy.convert.model;

/**
 * The tokens that an answer took. The kinds of input add up: each token is in one of them.
 *
 * @param input neither read from the cache nor written to it
 * @param cacheRead read from the cache
 * @param cacheWrite5m written to the cache for minutes, or for a time that is not told
 * @param cacheWrite1h written to the cache for an hour
 * @param toolPrompt what tools of the provider put into the prompt
 * @param output all that was made, reasoning too
 * @param reasoning how much of the output is reasoning
 * @param audioInput how much of the input is sound
 * @param audioOutput how much of the output is sound
 */
public record Usage(
        long input,
        long cacheRead,
        long cacheWrite5m,
        long cacheWrite1h,
        long toolPrompt,
        long output,
        long reasoning,
        long audioInput,
        long audioOutput) {

    /** Nothing is known. */
    public static final Usage ZERO = new Usage(0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** Returns usage whose input alone is known. */
    public static Usage ofInput(long input) {
        return new Usage(input, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    /** Returns all input. */
    public long totalInput() {
        return input + cacheRead + cacheWrite() + toolPrompt;
    }

    /** Returns what was written to the cache. */
    public long cacheWrite() {
        return cacheWrite5m + cacheWrite1h;
    }

    /** Returns all tokens. */
    public long total() {
        return totalInput() + output;
    }
}
