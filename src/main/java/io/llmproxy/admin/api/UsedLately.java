package io.llmproxy.admin.api;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.ledger.UsedAttempt;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.Usage;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What attempts used and cost in the last hours, for gateways without a ledger. Names are those of the configuration, so it is bounded. */
public final class UsedLately implements ExchangeListener {
    private static final int HOURS = 48;
    private static final int MOST_CELLS = 2000;

    private final LongSupplier clock;
    private final AtomicReferenceArray<@Nullable Hour> hours = new AtomicReferenceArray<>(HOURS);

    /** @param clock the time in milliseconds since 1970 */
    public UsedLately(LongSupplier clock) {
        this.clock = clock;
    }

    private record By(String forward, String key, String model, String upstream) {}

    private static final class Cell {
        final LongAdder attempts = new LongAdder();
        final LongAdder errors = new LongAdder();
        final LongAdder input = new LongAdder();
        final LongAdder cached = new LongAdder();
        final LongAdder output = new LongAdder();
        final LongAdder reasoning = new LongAdder();
        final LongAdder unpriced = new LongAdder();
        final Map<String, LongAdder> picos = new ConcurrentHashMap<>(2);
    }

    private static final class Hour {
        final long number;
        final ConcurrentMap<By, Cell> cells = new ConcurrentHashMap<>();

        Hour(long number) {
            this.number = number;
        }

        Cell cell(By by) {
            Cell cell = cells.get(by);
            if (cell != null) {
                return cell;
            }
            By room = cells.size() < MOST_CELLS
                    ? by
                    : new By(UsedAttempt.OTHER, UsedAttempt.OTHER, UsedAttempt.OTHER, UsedAttempt.OTHER);
            return cells.computeIfAbsent(room, unknown -> new Cell());
        }
    }

    @Override
    public void settled(Exchange exchange, SettledAttempt attempt) {
        ClientKey key = exchange.clientKey();
        String configured = attempt.model().configured();
        Cell cell = hour(TimeUnit.MILLISECONDS.toHours(clock.getAsLong()))
                .cell(new By(
                        exchange.forward().name(),
                        key == null ? UsedAttempt.NONE : key.name(),
                        configured == null ? UsedAttempt.OTHER : configured,
                        attempt.upstream()));
        cell.attempts.increment();
        switch (attempt.ending()) {
            case FAILED, CUT, STALLED -> cell.errors.increment();
            case COMPLETED, CLIENT_GONE, HEDGE_LOST -> {
                // The upstream did what it should.
            }
        }
        Usage usage = attempt.usage().usage();
        cell.input.add(usage.get(Count.INPUT, 0));
        cell.cached.add(usage.get(Count.CACHE_READ, 0));
        cell.output.add(usage.get(Count.OUTPUT, 0));
        cell.reasoning.add(usage.get(Count.REASONING, 0));
        Money cost = attempt.cost().amount();
        if (cost != null) {
            cell.picos
                    .computeIfAbsent(cost.currency(), currency -> new LongAdder())
                    .add(cost.picos());
        } else if (attempt.cost().state() == Cost.State.UNPRICED) {
            cell.unpriced.increment();
        }
    }

    private Hour hour(long number) {
        int index = (int) Math.floorMod(number, (long) HOURS);
        Hour hour = hours.get(index);
        if (hour != null && hour.number == number) {
            return hour;
        }
        Hour fresh = new Hour(number);
        return hours.compareAndSet(index, hour, fresh) ? fresh : hour(number);
    }

    /** Tells what is known, an hour and what is counted together at a time. */
    void each(Consumer<UsedAttempt> visitor) {
        long last = TimeUnit.MILLISECONDS.toHours(clock.getAsLong());
        for (int index = 0; index < HOURS; index++) {
            Hour hour = hours.get(index);
            if (hour != null && last - hour.number < HOURS) {
                Instant at = Instant.ofEpochMilli(TimeUnit.HOURS.toMillis(hour.number));
                hour.cells.forEach((by, cell) -> visitor.accept(told(at, by, cell)));
            }
        }
    }

    private static UsedAttempt told(Instant at, By by, Cell cell) {
        Map<String, BigDecimal> costs = new HashMap<>();
        cell.picos.forEach((currency, picos) -> costs.put(currency, BigDecimal.valueOf(picos.sum(), Money.SCALE)));
        return new UsedAttempt(
                at,
                by.forward(),
                by.key(),
                by.model(),
                by.upstream(),
                cell.attempts.sum(),
                cell.errors.sum(),
                cell.input.sum(),
                cell.cached.sum(),
                cell.output.sum(),
                cell.reasoning.sum(),
                costs,
                cell.unpriced.sum());
    }
}
