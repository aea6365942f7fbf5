package io.llmproxy.ledger;

import io.llmproxy.convert.json.Json;
import io.llmproxy.ledger.LineReader.Line;
import io.llmproxy.usage.Count;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Attempts, tokens and cost, by something that they have in common. */
final class Summary {
    private static final List<String> HEAD = List.of("attempts", "input", "cached", "output", "reasoning", "cost");

    /** What lines are added up by. */
    enum By {
        MODEL("request.model"),
        UPSTREAM("upstream"),
        FORWARD("forward"),
        KEY("key"),
        DAY("at");

        private final String member;

        By(String member) {
            this.member = member;
        }

        private String of(Line line) {
            String value = line.json().string(member, "-");
            return this == DAY && value.length() > 10 ? value.substring(0, 10) : value;
        }
    }

    private static final class Sums {
        private final Map<String, BigDecimal> costs = new TreeMap<>();
        private long attempts;
        private long input;
        private long cached;
        private long output;
        private long reasoning;
        private long withoutCost;

        void add(Line line, Json.Obj usage, Json.Obj cost) {
            boolean fold = line.type().equals("fold");
            attempts += fold ? line.json().number("n", 0) : 1;
            input += usage.number(Count.INPUT.label(), 0);
            cached += usage.number(Count.CACHE_READ.label(), 0);
            output += usage.number(Count.OUTPUT.label(), 0);
            reasoning += usage.number(Count.REASONING.label(), 0);
            Json.Obj sums = cost.object("costs");
            if (sums != null) {
                sums.members().keySet().forEach(currency -> cost(currency, sums.string(currency)));
            }
            cost(cost.string("currency", ""), cost.string("cost"));
            withoutCost += cost.number("without_cost", 0)
                    + (cost.string("cost_state", "").equals("unpriced") ? 1 : 0);
        }

        private void cost(String currency, @Nullable String amount) {
            if (amount != null) {
                costs.merge(currency, new BigDecimal(amount), BigDecimal::add);
            }
        }

        List<String> cells() {
            StringBuilder cost = new StringBuilder();
            costs.forEach((currency, sum) -> cost.append(cost.isEmpty() ? "" : " + ")
                    .append(sum.stripTrailingZeros().toPlainString())
                    .append(' ')
                    .append(currency));
            if (withoutCost > 0) {
                cost.append(cost.isEmpty() ? "" : " + ").append(withoutCost).append(" without a price");
            }
            return List.of(
                    Long.toString(attempts),
                    Long.toString(input),
                    Long.toString(cached),
                    Long.toString(output),
                    Long.toString(reasoning),
                    cost.isEmpty() ? "-" : cost.toString());
        }
    }

    private final By by;
    private final Prices prices;
    private final Map<String, Sums> rows = new TreeMap<>();
    private final Sums total = new Sums();

    Summary(By by, Prices prices) {
        this.by = by;
        this.prices = prices;
    }

    void add(Line line) {
        String of = line.type().equals("fold") ? line.json().string("of", "") : line.type();
        if (of.equals("attempt")) {
            Json.Obj usage = prices.usageOf(line);
            Json.Obj cost = prices.costOf(line);
            rows.computeIfAbsent(by.of(line), name -> new Sums()).add(line, usage, cost);
            total.add(line, usage, cost);
        }
    }

    void print(PrintStream out) {
        List<List<String>> table = new ArrayList<>();
        table.add(row(by.name().toLowerCase(Locale.ROOT), HEAD));
        rows.forEach((name, sums) -> table.add(row(name, sums.cells())));
        table.add(row("all", total.cells()));
        int columns = table.get(0).size();
        int[] widths = new int[columns];
        for (List<String> row : table) {
            for (int column = 0; column < columns; column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
            }
        }
        for (List<String> row : table) {
            StringBuilder text = new StringBuilder();
            for (int column = 0; column < columns; column++) {
                String cell = row.get(column);
                String pad = " ".repeat(widths[column] - cell.length());
                boolean left = column == 0 || column == columns - 1;
                text.append(column == 0 ? "" : "  ").append(left ? cell + pad : pad + cell);
            }
            out.println(text.toString().stripTrailing());
        }
    }

    private static List<String> row(String name, List<String> cells) {
        List<String> row = new ArrayList<>();
        row.add(name);
        row.addAll(cells);
        return row;
    }
}
