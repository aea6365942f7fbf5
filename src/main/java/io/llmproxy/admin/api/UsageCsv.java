package io.llmproxy.admin.api;

import java.util.List;
import java.util.Objects;

/** Usage as comma-separated values (RFC 4180). A row with costs in several currencies is told once for each; the counts stand in the first. */
final class UsageCsv {
    private static final String HEAD =
            "name,at,attempts,errors,input_tokens,cached_tokens,output_tokens,reasoning_tokens,cost,currency,unpriced\r\n";

    /** What a text begins with that a spreadsheet would compute. */
    private static final String FORMULA = "=+-@\t\r";

    private UsageCsv() {}

    static String of(List<UsageTable.Row> rows) {
        StringBuilder csv = new StringBuilder(HEAD);
        for (UsageTable.Row row : rows) {
            UsageTable.Used used = row.used();
            String names = text(row.name()) + ',' + Objects.requireNonNullElse(row.at(), "") + ',';
            String counts = used.attempts() + "," + used.errors() + ',' + used.inputTokens() + ',' + used.cachedTokens()
                    + ',' + used.outputTokens() + ',' + used.reasoningTokens() + ',';
            String unpriced = "," + used.unpriced() + "\r\n";
            if (used.cost().isEmpty()) {
                csv.append(names).append(counts).append(',').append(unpriced);
            }
            for (int i = 0; i < used.cost().size(); i++) {
                Amount cost = used.cost().get(i);
                csv.append(names)
                        .append(i == 0 ? counts : ",,,,,,")
                        .append(cost.amount())
                        .append(',')
                        .append(text(cost.currency()))
                        .append(i == 0 ? unpriced : ",\r\n");
            }
        }
        return csv.toString();
    }

    /** A lone minus stands for no name, and is no formula. */
    private static String text(String text) {
        boolean formula = text.length() > 1 && FORMULA.indexOf(text.charAt(0)) >= 0;
        String safe = formula ? "'" + text : text;
        return safe.matches("[A-Za-z0-9 ._:/-]*") ? safe : '"' + safe.replace("\"", "\"\"") + '"';
    }
}
