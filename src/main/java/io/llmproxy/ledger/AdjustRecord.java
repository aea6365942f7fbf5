package io.llmproxy.ledger;

import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Usage;
import org.jspecify.annotations.Nullable;

/**
 * What an attempt used, as it became known only after its record was written. It takes the place of what that says.
 *
 * @param at when it became known, in milliseconds since 1970
 * @param of the identifier of the attempt's line
 * @param why such as {@code stored_response}
 * @param usage what the attempt used
 * @param cost what it cost
 * @param before what was known until then; null if that is not known
 */
public record AdjustRecord(
        long at,
        String of,
        String why,
        Usage usage,
        Cost cost,
        @Nullable Known before) implements LedgerRecord {
    @Override
    public String type() {
        return "adjust";
    }

    @Override
    public void write(LedgerLine line) {
        line.text("of", of).text("why", why).begin("usage");
        usage.forEach((count, value) -> line.number(count.label(), value));
        line.end();
        AttemptRecord.writeCost(cost, line);
        if (before != null) {
            before.write(line);
        }
    }
}
