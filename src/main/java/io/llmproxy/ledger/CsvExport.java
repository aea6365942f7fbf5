package io.llmproxy.ledger;

import io.llmproxy.convert.json.Json;
import io.llmproxy.ledger.LineReader.Line;
import io.llmproxy.usage.Count;
import java.io.PrintStream;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Lines as comma-separated values (RFC 4180), a row each, for spreadsheets and databases. */
final class CsvExport {
    private static final List<String> COLUMNS = List.of(
            "t",
            "id",
            "at",
            "exchange",
            "n",
            "request_id",
            "forward",
            "group",
            "upstream",
            "key_index",
            "key",
            "gen_ai.provider.name",
            "operation",
            "path",
            "model_asked",
            "request.model",
            "response.model",
            "response.id",
            "stream",
            "status",
            "outcome",
            "error",
            "attempts",
            "queue_ms",
            "ttfb_ms",
            "ttft_ms",
            "last_token_ms",
            "total_ms",
            "bytes_in",
            "bytes_out",
            "source",
            "input_source",
            "output_source",
            "usage_missing_because",
            "delivered_output_bytes",
            "service_tier",
            "trace_id");
    private static final List<String> COST = List.of("cost", "cost_state", "cost_from", "currency", "price_version");
    private static final List<String> COUNTS =
            Stream.of(Count.values()).map(Count::label).toList();

    private static final String FORMULA = "=+-@\t\r";

    private static final Json.Obj NOTHING = new Json.Obj();

    private final PrintStream out;
    private final Prices prices;

    CsvExport(PrintStream out, Prices prices) {
        this.out = out;
        this.prices = prices;
    }

    void head() {
        row(Stream.of(COLUMNS, COUNTS, COST).flatMap(List::stream));
    }

    /** Writes an attempt, an exchange or a sum of them; other lines only change these. */
    void add(Line line) {
        if (List.of("attempt", "exchange", "fold", "orphan").contains(line.type())) {
            Json.Obj usage = prices.usageOf(line);
            for (Json.Obj cost : costs(prices.costOf(line))) {
                row(Stream.of(cells(line.json(), COLUMNS), cells(usage, COUNTS), cells(cost, COST))
                        .flatMap(cells -> cells));
                usage = NOTHING;
            }
        }
    }

    /** A sum may have a cost in several currencies: each is a row, and the first one has the counts. */
    private static List<Json.Obj> costs(Json.Obj line) {
        Json.Obj sums = line.object("costs");
        return sums == null
                ? List.of(line)
                : sums.members().entrySet().stream()
                        .map(sum -> new Json.Obj().put("cost", sum.getValue()).put("currency", sum.getKey()))
                        .toList();
    }

    private static Stream<String> cells(Json.Obj from, List<String> names) {
        return names.stream().map(name -> cell(from.get(name)));
    }

    private void row(Stream<String> cells) {
        out.print(cells.collect(Collectors.joining(",", "", "\r\n")));
    }

    private static String cell(@Nullable Json value) {
        if (value instanceof Json.Str text) {
            return quoted(text.value());
        }
        return value == null ? "" : value.text();
    }

    /** A text that begins as a formula does would be one to a spreadsheet: an apostrophe keeps it a text. */
    private static String quoted(String text) {
        String safe = !text.isEmpty() && FORMULA.indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
        return safe.matches("[A-Za-z0-9 ._:/-]*") ? safe : '"' + safe.replace("\"", "\"\"") + '"';
    }
}
