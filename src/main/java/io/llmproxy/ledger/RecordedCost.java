package io.llmproxy.ledger;

import io.llmproxy.convert.json.Json;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Money;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Reads the cost that a line holds. */
final class RecordedCost {
    private RecordedCost() {}

    static Cost of(Json.Obj line) {
        return new Cost(
                state(line.string("cost_state", "")),
                money(line, "cost", "currency"),
                from(line.string("cost_from", "")),
                money(line, "cost_reported", "cost_reported_currency"),
                line.string("price_version"));
    }

    private static @Nullable Money money(Json.Obj line, String amount, String currency) {
        String text = line.string(amount);
        return text == null
                ? null
                : new Money(new BigDecimal(text).movePointRight(Money.SCALE).longValue(), line.string(currency, ""));
    }

    private static Cost.State state(String label) {
        for (Cost.State state : Cost.State.values()) {
            if (state.label().equals(label)) {
                return state;
            }
        }
        return Cost.State.NONE;
    }

    private static Cost.@Nullable From from(String label) {
        for (Cost.From from : Cost.From.values()) {
            if (from.label().equals(label)) {
                return from;
            }
        }
        return null;
    }
}
