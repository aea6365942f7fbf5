package io.llmproxy.usage;

import io.llmproxy.protocol.UsageShape;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What models cost, as one file says it. What an attempt costs depends on nothing but what is recorded of it, and on these:
 * it can be found out again at any time.
 */
public final class Prices {
    /** There are none. */
    public static final Prices NONE = new Prices("", "USD", List.of());

    private final String version;
    private final String currency;
    private final List<PriceRule> rules;

    Prices(String version, String currency, List<PriceRule> rules) {
        this.version = version;
        this.currency = currency;
        this.rules = List.copyOf(rules);
    }

    /**
     * What the price of an attempt depends on, besides its usage.
     *
     * @param upstream the upstream's name
     * @param provider the upstream's provider, in lower case, such as {@code azure_openai}
     * @param sentModel the model that was asked for; null if the request named none
     * @param at when the attempt began
     */
    public record Asked(
            String upstream, String provider, @Nullable String sentModel, Instant at) {}

    /** Its version, as the file says it. */
    public String version() {
        return version;
    }

    /** The currency of all its prices. */
    public String currency() {
        return currency;
    }

    /** Returns how many rules there are. */
    public int size() {
        return rules.size();
    }

    /** Returns whether an attempt's model has a price, be it that it is free. */
    public boolean covers(Asked asked, AttemptUsage used) {
        return rule(asked, used).isPresent();
    }

    /** Returns what an attempt would cost that takes so many tokens, none of them from a cache; null if that is not known. */
    public @Nullable Money expected(Asked asked, long input, long output) {
        Usage usage = new Usage.Builder()
                .set(Count.INPUT, input)
                .set(Count.OUTPUT, output)
                .build();
        return expected(asked, usage).amount();
    }

    /**
     * Returns whether all that is sure to be in an answer of a form has a price, or is free: else part of what it costs, or all of it,
     * will not be known.
     *
     * @param embeds whether it turns texts into vectors, which are no output
     */
    public boolean knows(Asked asked, UsageShape shape, boolean embeds) {
        return ways(shape, embeds)
                .map(usage -> expected(asked, usage).state())
                .anyMatch(state -> state == Cost.State.PRICED || state == Cost.State.FREE);
    }

    /** Images and sound are paid for by the piece or by the token. */
    private static Stream<Usage> ways(UsageShape shape, boolean embeds) {
        if (embeds || shape == UsageShape.EMBEDDINGS) {
            return Stream.of(
                    new Usage.Builder().set(Count.INPUT, 1).set(Count.OUTPUT, 0).build());
        }
        return switch (shape) {
            case IMAGES -> ways(Count.IMAGES, Count.IMAGE_OUTPUT);
            case TRANSCRIPTION -> ways(Count.SECONDS, Count.AUDIO_INPUT);
            default -> Stream.of(tokens().build());
        };
    }

    private static Stream<Usage> ways(Count piece, Count part) {
        return Stream.of(
                tokens().build(),
                tokens().set(part, 1).build(),
                new Usage.Builder().set(piece, 1).build());
    }

    private static Usage.Builder tokens() {
        return new Usage.Builder().set(Count.INPUT, 1).set(Count.OUTPUT, 1);
    }

    private Cost expected(Asked asked, Usage usage) {
        UsageSource source = UsageSource.ESTIMATED;
        return cost(
                asked,
                new AttemptUsage(usage, source, source, source, null, 0, AttemptUsage.Answer.UNKNOWN, Set.of(), null));
    }

    /** Returns what an attempt cost. */
    public Cost cost(Asked asked, AttemptUsage used) {
        Money reported = used.answer().cost();
        if (used.source() == UsageSource.NONE && reported == null) {
            return Cost.NOTHING;
        }
        Optional<PriceRule> rule = rule(asked, used);
        if (rule.isPresent() && rule.get().free()) {
            return new Cost(Cost.State.FREE, new Money(0, currency), Cost.From.TABLE, reported, version);
        }
        Sum sum = rule.map(prices -> new Sum(prices, used)).orElse(null);
        if (sum != null && sum.isComplete()) {
            return new Cost(Cost.State.PRICED, money(sum), Cost.From.TABLE, reported, version);
        }
        if (reported != null) {
            return new Cost(Cost.State.PRICED, reported, Cost.From.REPORTED, reported, version);
        }
        if (sum == null) {
            return new Cost(Cost.State.UNPRICED, null, null, null, version);
        }
        Money least = money(sum);
        return new Cost(Cost.State.INCOMPLETE, least, least == null ? null : Cost.From.TABLE, null, version);
    }

    private @Nullable Money money(Sum sum) {
        return sum.picos() < 0 ? null : new Money(sum.picos(), currency);
    }

    /** What was sent decides; the answer's model where nothing is said of that, or none was sent. */
    private Optional<PriceRule> rule(Asked asked, AttemptUsage used) {
        Optional<PriceRule> sent = rule(asked, asked.sentModel());
        return sent.isPresent() ? sent : rule(asked, used.answer().model());
    }

    private Optional<PriceRule> rule(Asked asked, @Nullable String model) {
        if (model == null) {
            return Optional.empty();
        }
        for (PriceRule rule : rules) {
            if (rule.covers(model, asked.upstream(), asked.provider(), asked.at())) {
                return Optional.of(rule);
            }
        }
        return Optional.empty();
    }

    /** Adds up what an attempt used. */
    private static final class Sum {
        private final PriceRule rule;
        private final Usage usage;
        private long picos;
        private boolean complete;

        Sum(PriceRule rule, AttemptUsage used) {
            this.rule = rule;
            this.usage = used.usage();
            this.complete = rule.knowsTier(used.answer());
            try {
                tokens(rule.rates(used.answer(), usage.get(Count.INPUT, 0)));
                units();
            } catch (ArithmeticException e) {
                // More than nine million of a currency: nothing that one attempt can have cost.
                picos = -1;
                complete = false;
            }
        }

        /** Whether all that was used has a price, and all that has a price is known. */
        boolean isComplete() {
            return complete;
        }

        /** At least so much, or less than 0 if it is more than can be. */
        long picos() {
            return picos;
        }

        private void tokens(Rates rates) {
            Buckets buckets = Buckets.of(usage, rates);
            for (Bucket bucket : Bucket.ALL) {
                long tokens = buckets.get(bucket);
                complete &= tokens == 0 || rates.knows(bucket);
                add(tokens, rates.get(bucket));
            }
            boolean byThePiece =
                    usage.knows(Count.SECONDS) || usage.knows(Count.IMAGES) || usage.knows(Count.CHARACTERS);
            complete &= byThePiece || usage.knows(Count.INPUT) || !rates.knows(Bucket.INPUT);
            complete &= byThePiece || usage.knows(Count.OUTPUT) || !rates.knows(Bucket.OUTPUT);
        }

        private void units() {
            for (UnitPrice unit : UnitPrice.ALL) {
                long pieces = unit.pieces(usage);
                Long price = rule.units().get(unit);
                complete &= pieces == 0 || price != null || unit.isOptional();
                add(pieces, price == null ? 0 : price);
            }
        }

        private void add(long pieces, long price) {
            picos = Math.addExact(picos, Math.multiplyExact(pieces, price));
        }
    }
}
