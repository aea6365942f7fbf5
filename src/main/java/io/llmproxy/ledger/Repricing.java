package io.llmproxy.ledger;

import io.llmproxy.config.Provider;
import io.llmproxy.convert.json.Json;
import io.llmproxy.ledger.LineReader.Line;
import io.llmproxy.proxy.exchange.GenAi;
import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.Prices.Asked;
import io.llmproxy.usage.Usage;
import io.llmproxy.usage.UsageSource;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what attempts cost by other prices, from nothing but what is recorded of them. An attempt that costs what is known of it
 * already has no record, so that pricing a ledger twice is the same as pricing it once.
 */
final class Repricing {
    /** Of a session of WebSocket, whose answers are priced one by one. */
    private static final int SWITCHED = 101;

    private final io.llmproxy.usage.Prices prices;
    private final Prices lastWords;
    private final long now;
    private final Consumer<RepriceRecord> changed;
    private final Map<String, BigDecimal> before = new TreeMap<>();
    private final Map<String, BigDecimal> after = new TreeMap<>();
    private long attempts;
    private long changes;
    private long inSums;
    private long inSessions;
    private long told;
    private long unnamed;

    /**
     * @param prices by which attempts are priced
     * @param lastWords what is known of them
     * @param now in milliseconds since 1970
     * @param changed is given what attempts cost whose cost is another now
     */
    Repricing(io.llmproxy.usage.Prices prices, Prices lastWords, long now, Consumer<RepriceRecord> changed) {
        this.prices = prices;
        this.lastWords = lastWords;
        this.now = now;
        this.changed = changed;
    }

    void take(Line line) {
        switch (line.type()) {
            case "attempt" -> attempt(line);
            case "fold" ->
                inSums += line.json().string("of", "").equals("attempt")
                        ? line.json().number("n", 0)
                        : 0;
            default -> {
                // It costs nothing itself.
            }
        }
    }

    private void attempt(Line line) {
        attempts++;
        Json.Obj known = lastWords.costOf(line);
        if (line.json().number("status", 0) == SWITCHED) {
            inSessions++;
            keep(known);
            return;
        }
        if (lastWords.isCostTold(line)) {
            told++;
            keep(known);
            return;
        }
        Asked asked = asked(line.json());
        AttemptUsage used = used(line);
        Cost cost = prices.cost(asked, used);
        boolean keeps = isDigest(asked.sentModel()) && !prices.covers(asked, used);
        if (keeps || isSame(cost, known)) {
            unnamed += keeps ? 1 : 0;
            keep(known);
            return;
        }
        changes++;
        add(before, known.string("currency", ""), known.string("cost"));
        Money amount = cost.amount();
        if (amount != null) {
            add(after, amount.currency(), amount.text());
        }
        changed.accept(
                new RepriceRecord(now, line.id(), "prices " + prices.version(), cost, Known.of(line, lastWords)));
    }

    private void keep(Json.Obj known) {
        add(before, known.string("currency", ""), known.string("cost"));
        add(after, known.string("currency", ""), known.string("cost"));
    }

    /** The real name is not recorded, so that it is not known which rule holds for it. */
    private static boolean isDigest(@Nullable String model) {
        return model != null && model.startsWith(LedgerKeeper.UNKNOWN_NAME);
    }

    private static boolean isSame(Cost cost, Json.Obj known) {
        Money amount = cost.amount();
        return Objects.equals(amount == null ? null : amount.text(), known.string("cost"))
                && Objects.equals(amount == null ? null : amount.currency(), known.string("currency"))
                && cost.state().label().equals(known.string("cost_state", ""));
    }

    private static void add(Map<String, BigDecimal> sums, String currency, @Nullable String amount) {
        if (amount != null) {
            sums.merge(currency, new BigDecimal(amount), BigDecimal::add);
        }
    }

    private static Asked asked(Json.Obj line) {
        return new Asked(
                line.string("upstream", ""),
                provider(line.string("gen_ai.provider.name")),
                line.string("request.model"),
                Instant.parse(line.string("at", "")));
    }

    private static String provider(@Nullable String name) {
        for (Provider provider : Provider.values()) {
            if (name != null && name.equals(GenAi.provider(provider))) {
                return provider.label();
            }
        }
        return "";
    }

    private AttemptUsage used(Line line) {
        Json.Obj json = line.json();
        Usage.Builder usage = new Usage.Builder();
        Json.Obj counts = lastWords.usageOf(line);
        for (Count count : Count.values()) {
            long value = counts.number(count.label(), -1);
            if (value >= 0) {
                usage.set(count, value);
            }
        }
        UsageSource source = source(json.string("source", ""));
        AttemptUsage.Answer answer = new AttemptUsage.Answer(
                json.string("response.model"),
                null,
                json.string("service_tier"),
                json.string("inference_geo"),
                json.string("speed"),
                RecordedCost.of(json).reported());
        return new AttemptUsage(usage.build(), source, source, source, null, 0, answer, Set.of(), null);
    }

    private static UsageSource source(String label) {
        for (UsageSource source : UsageSource.values()) {
            if (source.label().equals(label)) {
                return source;
            }
        }
        return UsageSource.NONE;
    }

    void print(PrintStream out) {
        out.println(attempts + " attempts, " + changes + " of them cost something else now: before " + told(before)
                + ", now " + told(after));
        if (unnamed > 0) {
            out.println("note: " + unnamed
                    + " attempts keep their cost: their model is recorded as a digest, for which there is no price");
        }
        if (inSessions > 0) {
            out.println("note: " + inSessions
                    + " attempts keep their cost: they are sessions, of whose answers the sum is recorded only");
        }
        if (told > 0) {
            out.println("note: " + told + " attempts keep their cost: a correction says what it was");
        }
        if (inSums > 0) {
            out.println("note: " + inSums + " attempts keep their cost: they are recorded in sums only");
        }
    }

    private static String told(Map<String, BigDecimal> sums) {
        StringBuilder told = new StringBuilder();
        sums.forEach((currency, sum) -> told.append(told.isEmpty() ? "" : " + ")
                .append(sum.stripTrailingZeros().toPlainString())
                .append(' ')
                .append(currency));
        return told.isEmpty() ? "nothing" : told.toString();
    }
}
