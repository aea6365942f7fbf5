package io.llmproxy.ledger;

import io.llmproxy.ledger.LineReader.Line;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Attempts, tokens and cost, by something that they have in common. */
final class Summary {
    private static final int DATE = "2026-01-31".length();
    private static final List<String> HEAD = List.of("attempts", "input", "cached", "output", "reasoning", "cost");

    /** What lines are added up by. */
    enum By {
        MODEL,
        UPSTREAM,
        FORWARD,
        KEY,
        DAY;

        private String of(UsedAttempt used) {
            return switch (this) {
                case MODEL -> used.model();
                case UPSTREAM -> used.upstream();
                case FORWARD -> used.forward();
                case KEY -> used.key();
                case DAY -> used.at().toString().substring(0, DATE);
            };
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

        void add(UsedAttempt used) {
            attempts += used.attempts();
            input += used.input();
            cached += used.cached();
            output += used.output();
            reasoning += used.reasoning();
            used.costs().forEach((currency, amount) -> costs.merge(currency, amount, BigDecimal::add));
            withoutCost += used.unpriced();
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
        UsedAttempt used = UsedAttempt.of(line, prices);
        if (used != null) {
            rows.computeIfAbsent(by.of(used), name -> new Sums()).add(used);
            total.add(used);
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
