package io.llmproxy.proxy.exchange;

import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Count;
import io.llmproxy.usage.Money;
import io.llmproxy.usage.Usage;
import org.jspecify.annotations.Nullable;

/**
 * What all attempts of an exchange used together. A negative count is unknown.
 *
 * @param input all input
 * @param cached the part of it that was read from a cache
 * @param output all output
 * @param reasoning the part of it that is reasoning
 * @param cost what they cost; null if that is not known of all that used anything
 * @param costKnown whether no cost was unknown so far
 * @param firstTokenNanos from the client's request to the first text of the last attempt that had one; negative if there was none
 */
public record ExchangeUsage(
        long input,
        long cached,
        long output,
        long reasoning,
        @Nullable Money cost,
        boolean costKnown,
        long firstTokenNanos) {
    static final ExchangeUsage NOTHING = new ExchangeUsage(-1, -1, -1, -1, null, true, -1);

    ExchangeUsage with(SettledAttempt attempt, long firstToken) {
        if (attempt.usage().isMaybeBilled()) {
            // The client has had nothing of it.
            return this;
        }
        Usage used = attempt.usage().usage();
        Cost more = attempt.cost();
        boolean known = costKnown && (more.state() == Cost.State.NONE || more.amount() != null) && isLike(cost, more);
        return new ExchangeUsage(
                sum(input, used, Count.INPUT),
                sum(cached, used, Count.CACHE_READ),
                sum(output, used, Count.OUTPUT),
                sum(reasoning, used, Count.REASONING),
                known ? sum(cost, more.amount()) : null,
                known,
                firstToken < 0 ? firstTokenNanos : firstToken);
    }

    private static long sum(long before, Usage used, Count count) {
        return used.knows(count) ? Math.max(0, before) + used.get(count, 0) : before;
    }

    /** What stands in two currencies has no sum. */
    private static boolean isLike(@Nullable Money before, Cost more) {
        Money amount = more.amount();
        return before == null || amount == null || before.currency().equals(amount.currency());
    }

    private static @Nullable Money sum(@Nullable Money before, @Nullable Money more) {
        if (before == null || more == null || !before.currency().equals(more.currency())) {
            return before == null ? more : before;
        }
        return new Money(before.picos() + more.picos(), more.currency());
    }
}
