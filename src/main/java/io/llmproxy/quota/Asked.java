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
 * @param input how many tokens its input may have
 * @param mostOutput how many tokens of output it asks for at most; {@link Long#MAX_VALUE} if it does not say
 */
public record Asked(
        @Nullable String requested,
        @Nullable String model,
        boolean counts,
        boolean measured,
        long input,
        long mostOutput) {

    /** Returns how much of something to reserve: 0 if the request uses none of it. */
    long reserves(Metric metric, Expected expected) {
        return switch (metric) {
            case REQUESTS -> counts ? 1 : 0;
            case CONCURRENT -> 1;
            case INPUT -> measured ? atLeastOne(expected.input(input)) : 0;
            case OUTPUT -> measured ? atLeastOne(expected.output(mostOutput)) : 0;
            case TOTAL -> measured ? atLeastOne(expected.input(input) + expected.output(mostOutput)) : 0;
            case COST -> measured ? atLeastOne(expected.cost(expected.input(input) + expected.output(mostOutput))) : 0;
        };
    }

    private static long atLeastOne(long amount) {
        return Math.max(1, amount);
    }
}
