package io.llmproxy.ledger;

import io.llmproxy.convert.json.Json;
import io.llmproxy.ledger.LineReader.Line;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.Usage;
import java.math.BigDecimal;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an attempt really used or cost, as a provider's bill or a later answer says.
 *
 * @param attempt the identifier of the attempt's line
 * @param why for those who read it later
 * @param counts what it used; counts that are not named stay as they are known
 * @param cost what it cost; null if that stays as it is known
 */
public record Correction(
        String attempt,
        String why,
        Map<Count, Long> counts,
        @Nullable Money cost) {
    /** A line of the ledger has room for it. */
    private static final int LONGEST_WHY = 256;

    /** As large as counts are taken from upstreams. */
    private static final Pattern COUNT = Pattern.compile("([\\w.]+)=(\\d{1,10})");

    private static final Pattern AMOUNT = Pattern.compile("(\\d{1,6}(?:\\.\\d{1,12})?) ([A-Za-z]{3,16})");

    /** Copies the counts. */
    public Correction {
        counts = Map.copyOf(counts);
    }

    /**
     * Reads what an operator has written.
     *
     * @param counts such as {@code input_tokens=1200}
     * @param cost such as {@code 0.0123 USD}; null if that stays
     * @throws IllegalArgumentException saying what is wrong, and what is expected
     */
    public static Correction read(String attempt, String why, List<String> counts, @Nullable String cost) {
        if (why.isBlank() || why.length() > LONGEST_WHY) {
            throw wrong("the reason", "a text of up to " + LONGEST_WHY + " characters");
        }
        if (counts.isEmpty() && cost == null) {
            throw wrong("nothing to correct", "a count or a cost");
        }
        Map<Count, Long> read = new EnumMap<>(Count.class);
        for (String text : counts) {
            var matched = COUNT.matcher(text);
            Count count = matched.matches() ? count(matched.group(1)) : null;
            if (count == null) {
                throw wrong(text, "the name of a count and how many, such as input_tokens=1200");
            }
            read.put(count, Long.parseLong(matched.group(2)));
        }
        return new Correction(attempt, why, read, cost == null ? null : money(cost));
    }

    private static @Nullable Count count(String label) {
        for (Count count : Count.values()) {
            if (count.label().equals(label)) {
                return count;
            }
        }
        return null;
    }

    private static Money money(String cost) {
        var matched = AMOUNT.matcher(cost);
        if (!matched.matches()) {
            throw wrong(cost, "an amount and its currency, such as 0.0123 USD");
        }
        BigDecimal amount = new BigDecimal(matched.group(1));
        return new Money(amount.movePointRight(Money.SCALE).longValueExact(), matched.group(2));
    }

    private static IllegalArgumentException wrong(String what, String expected) {
        return new IllegalArgumentException(what + " (expected: " + expected + ")");
    }

    /** Returns what takes the place of what is known of the attempt. */
    AdjustRecord record(Line line, Prices lastWords, long now) {
        Json.Obj known = lastWords.usageOf(line);
        Usage.Builder usage = new Usage.Builder();
        for (Count count : Count.values()) {
            Long corrected = counts.get(count);
            long value = corrected == null ? known.number(count.label(), -1) : corrected;
            if (value >= 0) {
                usage.set(count, value);
            }
        }
        Cost told = cost == null
                ? RecordedCost.of(lastWords.costOf(line))
                : new Cost(Cost.State.PRICED, cost, Cost.From.REPORTED, cost, null);
        return new AdjustRecord(now, attempt, why, usage.build(), told, Known.of(line, lastWords));
    }
}
