package io.llmproxy.quota;

import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.config.LimitConfig.Period;
import io.llmproxy.config.LimitConfig.Unmeasured;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** A limit and what is left of it. */
final class Meter {
    private final Limit limit;
    private final long size;
    private final Account account;

    /** What outlives a configuration: what was used, and how often it was too much. */
    record Account(Allowance allowance, LongAdder refused) {
        static Account open(Limit limit, @Nullable LeaseStore store, Moment now) {
            Allowance allowance = allowance(limit, store, now);
            hear(store, allowance);
            return new Account(allowance, new LongAdder());
        }

        /** Returns one in another store, or in none, that begins with what was used here and is told what is used here from now on. */
        Account in(Limit limit, @Nullable LeaseStore store, Moment now) {
            Allowance next = allowance(limit, store, now);
            long size = limit.config().units();
            next.begin(allowance.handOver(new Successor(next, size), now), size, now);
            hear(store, next);
            return new Account(next, refused);
        }

        /** It is to be heard of before the store may go. */
        private static void hear(@Nullable LeaseStore store, Allowance allowance) {
            if (store != null && allowance instanceof LeasedAllowance leased) {
                store.wake(leased);
            }
        }

        private static Allowance allowance(Limit limit, @Nullable LeaseStore store, Moment now) {
            LimitConfig config = limit.config();
            return store == null
                    ? allowance(config, now)
                    : new LeasedAllowance(limit.key(), Terms.of(config), config.units(), store, now);
        }

        private static Allowance allowance(LimitConfig config, Moment now) {
            Period per = config.per();
            if (per == null) {
                return new Permits();
            }
            return switch (per) {
                case SECOND -> new RefillingBucket(Duration.ofSeconds(1), now);
                case MINUTE -> new RefillingBucket(Duration.ofMinutes(1), now);
                case HOUR -> new RefillingBucket(Duration.ofHours(1), now);
                case DAY, MONTH, TOTAL -> new CalendarWindow(per, config.zoneOrUtc(), now);
            };
        }
    }

    Meter(Limit limit, Account account) {
        this.limit = limit;
        this.size = limit.config().units();
        this.account = account;
    }

    Limit limit() {
        return limit;
    }

    Account account() {
        return account;
    }

    boolean isEnforced() {
        return limit.config().mode() == Mode.ENFORCE;
    }

    /** Returns how much a request takes of it: 0 if it does not concern the request, and never more than there is at all. */
    long wants(Asked asked, Expected expected) {
        LimitConfig config = limit.config();
        return config.covers(asked.requested(), asked.model())
                ? Math.min(asked.reserves(config.metric(), expected), size)
                : 0;
    }

    /** Returns whether a request may not pass since what it uses of it would not be known. */
    boolean refusesUnmeasured(Asked asked) {
        LimitConfig config = limit.config();
        return isEnforced()
                && config.unmeasured() == Unmeasured.REFUSE
                && config.covers(asked.requested(), asked.model())
                && asked.isUnmeasured(config.metric());
    }

    Take take(long amount, Moment now) {
        return account.allowance.take(amount, size, now);
    }

    CompletableFuture<Take> ask(long amount, Moment now) {
        return account.allowance.ask(amount, size, now);
    }

    void giveUp(CompletableFuture<Take> asked, long amount, Moment now) {
        account.allowance.giveUp(asked, amount, size, now);
    }

    void settle(long taken, long used, Moment then, Moment now) {
        account.allowance.settle(taken, used, size, then, now);
    }

    long untilFree(long amount, Moment now) {
        return account.allowance.untilFree(amount, size, now);
    }

    /** Notes that more was asked for than is left. */
    void refused() {
        account.refused.increment();
    }

    Standing standing(Moment now) {
        return new Standing(
                limit,
                size,
                account.allowance.left(size, now),
                account.allowance.untilFull(size, now),
                account.refused.sum(),
                account.allowance.isWhole(now));
    }
}
