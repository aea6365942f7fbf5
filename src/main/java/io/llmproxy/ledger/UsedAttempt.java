package io.llmproxy.ledger;

import io.llmproxy.convert.json.Json;
import io.llmproxy.ledger.LineReader.Line;
import io.llmproxy.usage.Count;
import java.math.BigDecimal;
import java.time.Instant;
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

    private static final Set<String> FAILED = Set.of("failed", "cut", "stalled");

    /** Copies the costs. */
    public UsedAttempt {
        costs = Map.copyOf(costs);
    }

    /** Reads a line; null if it tells of no attempt. */
    static @Nullable UsedAttempt of(Line line, Prices prices) {
        Json.Obj json = line.json();
        boolean fold = line.type().equals("fold");
        if (!(fold ? json.string("of", "") : line.type()).equals("attempt")) {
            return null;
        }
        Json.Obj usage = prices.usageOf(line);
        Json.Obj cost = prices.costOf(line);
        return new UsedAttempt(
                Instant.parse(json.string("at", "")),
                json.string("forward", NONE),
                json.string("key", NONE),
                json.string("request.model", NONE),
                json.string("upstream", NONE),
                fold ? json.number("n", 0) : 1,
                FAILED.contains(json.string("outcome", "")) ? 1 : 0,
                usage.number(Count.INPUT.label(), 0),
                usage.number(Count.CACHE_READ.label(), 0),
                usage.number(Count.OUTPUT.label(), 0),
                usage.number(Count.REASONING.label(), 0),
                costs(cost),
                cost.number("without_cost", 0) + (cost.string("cost_state", "").equals("unpriced") ? 1 : 0));
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
