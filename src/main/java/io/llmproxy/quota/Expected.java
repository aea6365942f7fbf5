package io.llmproxy.quota;

/**
 * What requests are expected to use, as those before have. The later ones count more.
 *
 * @param answers how many were learned of, up to {@link #ENOUGH}
 * @param output the mean of tokens of output
 * @param spread the mean distance from that
 * @param inputFactor what input was, in relation to what it was taken for
 * @param costPerToken in billionths of the currency's unit
 */
record Expected(int answers, double output, double spread, double inputFactor, double costPerToken) {
    /** Nothing is known. */
    static final Expected NOTHING = new Expected(0, 0, 0, 1, 0);

    /** After so many, all before count as much as the last {@code ENOUGH} do. */
    private static final int ENOUGH = 20;

    /** What is reserved for an answer about which nothing is known. */
    static final long UNKNOWN_OUTPUT = 1024;

    /** So many mean distances above the mean, nine of ten answers are shorter, be they spread normally or exponentially. */
    private static final double NINE_OF_TEN = 1.7;

    long input(long taken) {
        return (long) Math.ceil(taken * inputFactor);
    }

    long output(long most) {
        return Math.min(most, answers == 0 ? UNKNOWN_OUTPUT : (long) Math.ceil(output + NINE_OF_TEN * spread));
    }

    long cost(long tokens) {
        return (long) Math.ceil(tokens * costPerToken);
    }

    /**
     * Returns what is expected after one more.
     *
     * @param taken what its input was taken for
     */
    Expected with(long taken, Used used) {
        if (used.input() < 0 || used.output() < 0 || used.input() + used.output() == 0) {
            return this;
        }
        double weight = 1.0 / (answers + 1);
        double distance = Math.abs(used.output() - output);
        long tokens = used.input() + used.output();
        return new Expected(
                Math.min(answers + 1, ENOUGH),
                mean(output, (double) used.output(), weight),
                answers == 0 ? 0 : mean(spread, distance, weight),
                taken <= 0 || used.input() == 0
                        ? inputFactor
                        : mean(inputFactor, (double) used.input() / taken, weight),
                used.cost() < 0 || tokens == 0
                        ? costPerToken
                        : mean(costPerToken, (double) used.cost() / tokens, weight));
    }

    private static double mean(double before, double next, double weight) {
        return before + weight * (next - before);
    }
}
