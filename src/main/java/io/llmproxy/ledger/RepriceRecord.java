package io.llmproxy.ledger;

import io.llmproxy.usage.Cost;
import org.jspecify.annotations.Nullable;

/**
 * What an attempt costs by other prices. It takes the place of the cost that its line says.
 *
 * @param at when it was priced anew, in milliseconds since 1970
 * @param of the identifier of the attempt's line
 * @param why such as the name of the prices
 * @param cost what it costs
 * @param before what was known until then; null if that is not known
 */
public record RepriceRecord(
        long at, String of, String why, Cost cost, @Nullable Known before) implements LedgerRecord {
    @Override
    public String type() {
        return "reprice";
    }

    @Override
    public void write(LedgerLine line) {
        line.text("of", of).text("why", why);
        AttemptRecord.writeCost(cost, line);
        if (before != null) {
            before.write(line);
        }
    }
}
