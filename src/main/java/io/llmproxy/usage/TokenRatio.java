package io.llmproxy.usage;

/**
 * How many bytes of text make a token.
 *
 * @param input of requests
 * @param output of answers
 * @param learned whether that was learned of answers whose tokens were reported
 */
public record TokenRatio(double input, double output, boolean learned) {
    /** What holds until something is learned. */
    public static final TokenRatio ASSUMED = new TokenRatio(4, 4, false);

    /** Returns how many tokens a request's text is, at least. */
    public long inputTokens(long bytes) {
        return Math.round(bytes / input);
    }

    /** Returns how many tokens an answer's text is, at least. */
    public long outputTokens(long bytes) {
        return Math.round(bytes / output);
    }

    AttemptUsage.Estimate estimate() {
        return new AttemptUsage.Estimate(input, output, learned);
    }
}
