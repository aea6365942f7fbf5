package io.llmproxy.ledger;

import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.Usage;
import java.math.BigDecimal;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** Sums of records that were counted together. Detail is lost, no token and no cent is. */
final class FoldSums {
    private final Map<Count, Long> counts = new EnumMap<>(Count.class);
    private final Map<String, BigDecimal> costs = new TreeMap<>();
    private long records;
    private long withoutCost;
    private long bytesIn;
    private long bytesOut;

    void record(LedgerRecord record) {
        records++;
        record.addTo(this);
    }

    void traffic(long in, long out) {
        bytesIn += in;
        bytesOut += out;
    }

    /** Adds what is known; what is unknown adds nothing. */
    void usage(Usage usage) {
        usage.forEach((count, value) -> counts.merge(count, value, Long::sum));
    }

    void cost(Cost cost) {
        Money amount = cost.amount();
        if (amount != null) {
            costs.merge(amount.currency(), BigDecimal.valueOf(amount.picos(), Money.SCALE), BigDecimal::add);
        } else if (cost.state() != Cost.State.NONE) {
            withoutCost++;
        }
    }

    long records() {
        return records;
    }

    void write(LedgerLine line) {
        line.number("n", records).number("bytes_in", bytesIn).number("bytes_out", bytesOut);
        if (!counts.isEmpty()) {
            line.begin("usage");
            counts.forEach((count, sum) -> line.number(count.label(), sum));
            line.end();
        }
        if (!costs.isEmpty()) {
            line.begin("costs");
            costs.forEach((currency, sum) -> line.text(currency, sum.toPlainString()));
            line.end();
        }
        if (withoutCost > 0) {
            line.number("without_cost", withoutCost);
        }
    }
}
