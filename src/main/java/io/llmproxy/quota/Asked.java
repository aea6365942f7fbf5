package io.llmproxy.quota;

import io.llmproxy.config.LimitConfig.Metric;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks for, as far as that is known before it is served.
 *
 * @param requested the model that it asks for, as the client calls it; null if that is not known
 * @param model the same as the configuration calls it
 * @param counts whether it counts as a request
 * @param measured whether what it uses will be measured in tokens
 * @param told whether it will be known for certain, as it is read from the answer of whichever upstream serves it
 * @param input how many tokens its input may have
 * @param mostOutput how many tokens of output it asks for at most; {@link Long#MAX_VALUE} if it does not say
 * @param tariff what tokens cost, as long as no answer has told
 */
public record Asked(
        @Nullable String requested,
        @Nullable String model,
        boolean counts,
        boolean measured,
        boolean told,
        long input,
        long mostOutput,
        Tariff tariff) {

    /** One whose answer tells what was used, if it is measured. */
    public Asked(
            @Nullable String requested,
            @Nullable String model,
            boolean counts,
            boolean measured,
            long input,
            long mostOutput,
            Tariff tariff) {
        this(requested, model, counts, measured, measured, input, mostOutput, tariff);
    }

    /** One whose price is not known. */
    public Asked(
            @Nullable String requested,
            @Nullable String model,
            boolean counts,
            boolean measured,
            long input,
            long mostOutput) {
        this(requested, model, counts, measured, input, mostOutput, Tariff.UNKNOWN);
    }

    /** What tokens cost. */
    public interface Tariff {
        /** That is not known. */
        Tariff UNKNOWN = new Tariff() {
            @Override
            public long cost(long input, long output) {
                return 0;
            }

            @Override
            public boolean isKnown() {
                return false;
            }
        };

        /** What costs nothing, whatever it is. */
        Tariff NOTHING = (input, output) -> 0;

        /** Returns what so many tokens cost at most, in billionths of the currency's unit; 0 if that is not known. */
        long cost(long input, long output);

        /** Whether it is known whichever upstream serves the request. */
        default boolean isKnown() {
            return true;
        }
    }

    private record Fixed(long amount, boolean isKnown) implements Tariff {
        @Override
        public long cost(long input, long output) {
            return amount;
        }
    }

    /** Returns how much of something to reserve: 0 if the request uses none of it. */
    long reserves(Metric metric, Expected expected) {
        return switch (metric) {
            case REQUESTS -> counts ? 1 : 0;
            case CONCURRENT -> 1;
            case INPUT -> measured ? atLeastOne(expected.input(input)) : 0;
            case OUTPUT -> measured ? atLeastOne(expected.output(mostOutput)) : 0;
            case TOTAL -> measured ? atLeastOne(expected.input(input) + expected.output(mostOutput)) : 0;
            case COST -> measured ? atLeastOne(cost(expected)) : 0;
        };
    }

    /** Returns the same with what it is expected to cost, for which the tariff is not asked again. */
    Asked priced(Expected expected) {
        Tariff fixed = new Fixed(measured ? cost(expected) : 0, tariff.isKnown());
        return new Asked(requested, model, counts, measured, told, input, mostOutput, fixed);
    }

    /** Whether it uses something, and how much will not be known. */
    boolean isUnmeasured(Metric metric) {
        return counts && metric.isMeasured() && !(told && (metric != Metric.COST || tariff.isKnown()));
    }

    /** Money that is spent does not come back: while nothing is known, the answer is taken to be as long as it may be. */
    private long cost(Expected expected) {
        long in = expected.input(input);
        if (expected.costPerToken() > 0) {
            return expected.cost(in + expected.output(mostOutput));
        }
        boolean longest = expected.answers() == 0 && mostOutput != Long.MAX_VALUE;
        return tariff.cost(in, longest ? mostOutput : expected.output(mostOutput));
    }

    private static long atLeastOne(long amount) {
        return Math.max(1, amount);
    }
}
