package io.llmproxy.ledger;

import io.llmproxy.convert.json.Json;
import io.llmproxy.ledger.LineReader.Line;
import io.llmproxy.usage.Cost;
import java.util.HashMap;
import java.util.Map;

/** What later lines say of attempts: the last word on what they used and cost. */
final class Prices {
    private final Map<String, Json.Obj> usage = new HashMap<>();
    private final Map<String, Json.Obj> cost = new HashMap<>();

    void take(Line line) {
        String of = line.json().string("of", "");
        switch (line.type()) {
            case "adjust" -> {
                usage.merge(of, line.json(), Prices::later);
                cost.merge(of, line.json(), Prices::later);
            }
            case "reprice" -> cost.merge(of, line.json(), Prices::later);
            default -> {
                // It says nothing of another.
            }
        }
    }

    /** Of several processes that may have written them, the last one counts; times of one form compare as texts do. */
    private static Json.Obj later(Json.Obj before, Json.Obj next) {
        return next.string("at", "").compareTo(before.string("at", "")) < 0 ? before : next;
    }

    /** The counts of an attempt, or of a sum of them. */
    Json.Obj usageOf(Line line) {
        Json.Obj counts = usage.getOrDefault(line.id(), line.json()).object("usage");
        return counts == null ? new Json.Obj() : counts;
    }

    /** Whether an operator has said what an attempt cost, as by a provider's bill, and nothing was said of it later. */
    boolean isCostTold(Line line) {
        Json.Obj last = cost.get(line.id());
        return last != null
                && last.string("t", "").equals("adjust")
                && RecordedCost.of(last).from() == Cost.From.REPORTED;
    }

    /** What holds the cost of an attempt. */
    Json.Obj costOf(Line line) {
        return cost.getOrDefault(line.id(), line.json());
    }
}
