package io.llmproxy.boot;

import io.llmproxy.admin.ConfigDocuments.Unavailable;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import io.llmproxy.admin.SharedUsage;
import io.llmproxy.ledger.UsedAttempt;
import io.llmproxy.store.StoreException;
import io.llmproxy.store.UsageHours;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** What all nodes have used, in a store. */
record StoreUsage(StoreFollower follower, UsageFeed feed, BooleanSupplier away) implements SharedUsage {
    /** The row of what has no cost. */
    private static final String NO_CURRENCY = "";

    @Override
    public boolean isKept() {
        return true;
    }

    @Override
    public boolean read(Instant from, Instant until, int most, Consumer<UsedAttempt> visitor) {
        OpenStore store = StoreDocuments.opened(follower);
        if (away.getAsBoolean()) {
            throw new UnavailableException(Unavailable.AWAY, "The store does not answer; try again later.");
        }
        feed.catchUp();
        try {
            return store.usage().read(from, until, most, row -> visitor.accept(used(row))) && !feed.isBehind();
        } catch (StoreException e) {
            throw StoreDocuments.unavailable(e);
        }
    }

    private static UsedAttempt used(UsageHours.Row row) {
        return new UsedAttempt(
                row.hour(),
                row.forward(),
                row.key(),
                row.model(),
                row.upstream(),
                row.attempts(),
                row.errors(),
                row.input(),
                row.cached(),
                row.output(),
                row.reasoning(),
                row.currency().equals(NO_CURRENCY) ? Map.of() : Map.of(row.currency(), row.cost()),
                row.unpriced());
    }

    /** A row for each currency; the first one has the counts. */
    static List<UsageHours.Row> rows(UsedAttempt used) {
        List<String> currencies = used.costs().isEmpty()
                ? List.of(NO_CURRENCY)
                : List.copyOf(new TreeSet<>(used.costs().keySet()));
        return currencies.stream()
                .map(currency -> row(used, currency, currency.equals(currencies.get(0)) ? 1 : 0))
                .toList();
    }

    private static UsageHours.Row row(UsedAttempt used, String currency, int times) {
        return new UsageHours.Row(
                used.at(),
                used.forward(),
                used.key(),
                used.model(),
                used.upstream(),
                currency,
                times * used.attempts(),
                times * used.errors(),
                times * used.input(),
                times * used.cached(),
                times * used.output(),
                times * used.reasoning(),
                times * used.unpriced(),
                used.costs().getOrDefault(currency, BigDecimal.ZERO));
    }
}
