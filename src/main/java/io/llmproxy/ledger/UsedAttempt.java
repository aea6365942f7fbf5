package io.llmproxy.ledger;

import io.llmproxy.convert.json.Json;
import io.llmproxy.ledger.LineReader.Line;
import io.llmproxy.usage.Count;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an attempt, or a sum of attempts, took and cost.
 *
 * @param at when it was over
 * @param forward name of the forward; {@code -} for none, as with the other names
 * @param key name of the client's key
 * @param model that was sent to the upstream
 * @param upstream name of the upstream
 * @param attempts how many they are
 * @param errors those of them that failed; none are known of a sum
 * @param input all input tokens
 * @param cached those of them that were read from a cache
 * @param output all output tokens
 * @param reasoning those of them that are reasoning
 * @param costs by currency
 * @param unpriced how many have no price
 */
public record UsedAttempt(
        Instant at,
        String forward,
        String key,
        String model,
        String upstream,
        long attempts,
        long errors,
        long input,
        long cached,
        long output,
        long reasoning,
        Map<String, BigDecimal> costs,
        long unpriced) {
    /** Stands for a name that there is not. */
    public static final String NONE = "-";

    /** Stands for all names beyond those that sums are kept for. */
    public static final String OTHER = "other";

    private static final Prices NOTHING_LATER = new Prices();
    private static final Set<String> FAILED = Set.of("failed", "cut", "stalled");

    /** Copies the costs. */
    public UsedAttempt {
        costs = Map.copyOf(costs);
    }

    /** Reads a line; null if it tells of no attempt. */
    static @Nullable UsedAttempt of(Line line, Prices prices) {
        Json.Obj json = line.json();
        if (!isAttempt(line)) {
            return null;
        }
        boolean fold = line.type().equals("fold");
        long attempts = fold ? json.number("n", 0) : 1;
        long errors = FAILED.contains(json.string("outcome", "")) ? 1 : 0;
        return of(json, attempts, errors, prices.usageOf(line), prices.costOf(line));
    }

    /** Reads what a line adds to the sums of all lines before it, so that each line is read once; null if it adds nothing. */
    static @Nullable UsedAttempt added(Line line) {
        if (isAttempt(line)) {
            return of(line, NOTHING_LATER);
        }
        Json.Obj before = line.json().object(Known.MEMBER);
        if (before == null) {
            return null;
        }
        Json.Obj usage = Known.usage(before);
        Json.Obj corrected = line.json().object("usage");
        return of(before, 0, 0, corrected == null ? usage : corrected, line.json())
                .plus(of(before, 0, 0, usage, before), -1);
    }

    private static boolean isAttempt(Line line) {
        return (line.type().equals("fold") ? line.json().string("of", "") : line.type()).equals("attempt");
    }

    private static UsedAttempt of(Json.Obj names, long attempts, long errors, Json.Obj usage, Json.Obj cost) {
        return new UsedAttempt(
                Instant.parse(names.string("at", "")),
                names.string("forward", NONE),
                names.string("key", NONE),
                names.string("request.model", NONE),
                names.string("upstream", NONE),
                attempts,
                errors,
                usage.number(Count.INPUT.label(), 0),
                usage.number(Count.CACHE_READ.label(), 0),
                usage.number(Count.OUTPUT.label(), 0),
                usage.number(Count.REASONING.label(), 0),
                costs(cost),
                cost.number("without_cost", 0) + (cost.string("cost_state", "").equals("unpriced") ? 1 : 0));
    }

    /** As it is added up by the hour: of models that the configuration does not name, clients could send any number. */
    UsedAttempt ofHour() {
        return new UsedAttempt(
                at.truncatedTo(ChronoUnit.HOURS),
                forward,
                key,
                model.startsWith(LedgerKeeper.UNKNOWN_NAME) ? OTHER : model,
                upstream,
                attempts,
                errors,
                input,
                cached,
                output,
                reasoning,
                costs,
                unpriced);
    }

    /** The sum of both. Its time and its names are those of this one. */
    public UsedAttempt plus(UsedAttempt other) {
        return plus(other, 1);
    }

    private UsedAttempt plus(UsedAttempt other, int times) {
        Map<String, BigDecimal> sums = new HashMap<>(costs);
        other.costs.forEach((currency, amount) ->
                sums.merge(currency, amount.multiply(BigDecimal.valueOf(times)), BigDecimal::add));
        return new UsedAttempt(
                at,
                forward,
                key,
                model,
                upstream,
                attempts + times * other.attempts,
                errors + times * other.errors,
                input + times * other.input,
                cached + times * other.cached,
                output + times * other.output,
                reasoning + times * other.reasoning,
                sums,
                unpriced + times * other.unpriced);
    }

    private static Map<String, BigDecimal> costs(Json.Obj cost) {
        Map<String, BigDecimal> costs = new HashMap<>();
        Json.Obj sums = cost.object("costs");
        if (sums != null) {
            sums.members().keySet().forEach(currency -> add(costs, currency, sums.string(currency)));
        }
        add(costs, cost.string("currency", ""), cost.string("cost"));
        return costs;
    }

    private static void add(Map<String, BigDecimal> costs, String currency, @Nullable String amount) {
        if (amount != null) {
            costs.merge(currency, new BigDecimal(amount), BigDecimal::add);
        }
    }
}
