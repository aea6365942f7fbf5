package io.llmproxy.ledger;

import io.llmproxy.convert.json.Json;
import io.llmproxy.ledger.LineReader.Line;
import io.llmproxy.usage.Count;
import java.util.List;

/**
 * What was known of an attempt before a later line corrects it. The later line repeats it, so that sums can follow without the first
 * line, which may be in a file that is deleted by then.
 *
 * @param attempt the attempt's line
 * @param usage its counts, as they were known last
 * @param cost what held its cost
 */
record Known(Json.Obj attempt, Json.Obj usage, Json.Obj cost) {
    /** The member of a line that holds it. */
    static final String MEMBER = "before";

    private static final String USAGE = "usage";
    private static final List<String> NAMES = List.of("at", "forward", "upstream", "key", "request.model");
    private static final List<String> COST = List.of("cost", "cost_state", "currency");
    private static final List<Count> COUNTS = List.of(Count.INPUT, Count.CACHE_READ, Count.OUTPUT, Count.REASONING);

    static Known of(Line line, Prices lastWords) {
        return new Known(line.json(), lastWords.usageOf(line), lastWords.costOf(line));
    }

    /** The counts in what was written. */
    static Json.Obj usage(Json.Obj written) {
        Json.Obj usage = written.object(USAGE);
        return usage == null ? new Json.Obj() : usage;
    }

    void write(LedgerLine line) {
        line.begin(MEMBER);
        NAMES.forEach(name -> line.text(name, attempt.string(name)));
        line.begin(USAGE);
        COUNTS.forEach(count -> line.known(count.label(), usage.number(count.label(), -1)));
        line.end();
        COST.forEach(name -> line.text(name, cost.string(name)));
        line.end();
    }
}
