package io.llmproxy.usage;

import io.llmproxy.config.ModelPattern;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The prices of some models.
 *
 * @param model which models
 * @param upstream whose: the name of an upstream, or its provider in lower case; null for all
 * @param from from when on they hold; null for ever before
 * @param until when they end; null for never
 * @param free whether all of it costs nothing
 * @param variants the prices of tokens: by tier, place and speed
 * @param units the prices of what is paid for by the piece
 */
record PriceRule(
        ModelPattern model,
        @Nullable String upstream,
        @Nullable Instant from,
        @Nullable Instant until,
        boolean free,
        Map<Variant, List<Step>> variants,
        Map<UnitPrice, Long> units) {
    /** What providers call the tier that has no price of its own. */
    private static final Set<String> USUAL_TIERS = Set.of("", "auto", "default", "standard", "on_demand");

    /** Under what circumstances prices hold; each is empty if it is the usual one. */
    record Variant(String tier, String geo, String speed) {}

    /**
     * Prices from some size of the input on.
     *
     * @param above they hold for all tokens if there is more input than that
     */
    record Step(long above, Rates rates) {}

    PriceRule {
        variants = Map.copyOf(variants);
        units = Map.copyOf(units);
    }

    boolean covers(String name, String upstreamName, String provider, Instant at) {
        return (upstream == null || upstream.equals(upstreamName) || upstream.equals(provider))
                && (from == null || !at.isBefore(from))
                && (until == null || at.isBefore(until))
                && model.matches(name);
    }

    /** Whether the tier that an answer was served in has a price. */
    boolean knowsTier(AttemptUsage.Answer answer) {
        String tier = word(answer.serviceTier());
        return USUAL_TIERS.contains(tier) || isVariant(tier, Variant::tier);
    }

    /** Returns the prices of an answer's tokens. */
    Rates rates(AttemptUsage.Answer answer, long input) {
        Variant variant = new Variant(
                known(answer.serviceTier(), Variant::tier),
                known(answer.geo(), Variant::geo),
                known(answer.speed(), Variant::speed));
        Rates rates = Rates.NONE;
        for (Step step : variants.getOrDefault(variant, List.of())) {
            if (input > step.above) {
                rates = step.rates;
            }
        }
        return rates;
    }

    private String known(@Nullable String word, Function<Variant, String> part) {
        String known = word(word);
        return isVariant(known, part) ? known : "";
    }

    private boolean isVariant(String word, Function<Variant, String> part) {
        return variants.keySet().stream()
                .anyMatch(variant -> part.apply(variant).equals(word));
    }

    private static String word(@Nullable String word) {
        return word == null ? "" : word.toLowerCase(Locale.ROOT);
    }
}
