package io.llmproxy.admin.api;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.llmproxy.ledger.UsedAttempt;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Adds up what attempts used, by name and time. */
final class UsageTable {
    static final Map<String, Function<UsedAttempt, String>> BY = Map.of(
            "key", UsedAttempt::key,
            "model", UsedAttempt::model,
            "upstream", UsedAttempt::upstream,
            "forward", UsedAttempt::forward);
    static final Set<String> STEPS = Set.of("hour", "day", "all");

    private static final int MOST_ROWS = 10_000;

    private final Function<UsedAttempt, String> by;
    private final @Nullable ChronoUnit step;
    private final Predicate<UsedAttempt> wanted;
    private final Map<String, Map<Instant, Sum>> rows = new TreeMap<>();
    private final Sum total = new Sum();
    private int count;
    private boolean truncated;

    /**
     * @param by one of {@link #BY}
     * @param step one of {@link #STEPS}
     * @param wanted what is added up
     */
    UsageTable(String by, String step, Predicate<UsedAttempt> wanted) {
        this.wanted = wanted;
        this.by = BY.getOrDefault(by, UsedAttempt::model);
        this.step = switch (step) {
            case "hour" -> ChronoUnit.HOURS;
            case "day" -> ChronoUnit.DAYS;
            default -> null;
        };
    }

    private static final class Sum {
        private final Map<String, BigDecimal> costs = new TreeMap<>();
        private long attempts;
        private long errors;
        private long input;
        private long cached;
        private long output;
        private long reasoning;
        private long unpriced;

        void add(UsedAttempt used) {
            attempts += used.attempts();
            errors += used.errors();
            input += used.input();
            cached += used.cached();
            output += used.output();
            reasoning += used.reasoning();
            unpriced += used.unpriced();
            used.costs().forEach((currency, amount) -> costs.merge(currency, amount, BigDecimal::add));
        }

        Used told() {
            List<Amount> cost = costs.entrySet().stream()
                    .map(sum -> Amount.of(sum.getValue(), sum.getKey()))
                    .toList();
            return new Used(attempts, errors, input, cached, output, reasoning, cost, unpriced);
        }
    }

    record Used(
            long attempts,
            long errors,
            long inputTokens,
            long cachedTokens,
            long outputTokens,
            long reasoningTokens,
            List<Amount> cost,
            long unpriced) {}

    record Row(
            String name, @Nullable String at, @JsonUnwrapped Used used) {}

    void add(UsedAttempt attempt) {
        if (!wanted.test(attempt)) {
            return;
        }
        total.add(attempt);
        Instant at = step == null ? Instant.EPOCH : attempt.at().truncatedTo(step);
        Map<Instant, Sum> row = rows.computeIfAbsent(by.apply(attempt), name -> new TreeMap<>());
        Sum sum = row.get(at);
        if (sum == null) {
            if (count >= MOST_ROWS) {
                truncated = true;
                return;
            }
            count++;
            sum = new Sum();
            row.put(at, sum);
        }
        sum.add(attempt);
    }

    /** Whether there are more rows than can be told. */
    boolean isTruncated() {
        return truncated;
    }

    Used total() {
        return total.told();
    }

    List<Row> rows() {
        List<Row> told = new ArrayList<>();
        rows.forEach((name, times) ->
                times.forEach((at, sum) -> told.add(new Row(name, step == null ? null : Times.told(at), sum.told()))));
        return told;
    }
}
