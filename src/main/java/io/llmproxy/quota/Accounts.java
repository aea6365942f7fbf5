package io.llmproxy.quota;

import io.llmproxy.config.LimitConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What was used of the limits of a key that is not part of a configuration. It lasts as long as the key: configurations come and go
 * meanwhile, whether there are requests with the key or not.
 */
public final class Accounts {
    private final Map<Limit.Id, Kept> kept = new ConcurrentHashMap<>();
    private final Expectations expectations = new Expectations();

    /** @param before of the store before, for the requests that began with that; null if there was none */
    private record Kept(
            @Nullable LeaseStore store,
            Meter.Account account,
            @Nullable Kept before) {
        boolean knows(@Nullable LeaseStore wanted) {
            return store == wanted || (before != null && before.store == wanted);
        }

        Meter.Account in(@Nullable LeaseStore wanted) {
            return before == null || store == wanted ? account : before.account;
        }

        Kept next(Limit limit, @Nullable LeaseStore other, Moment now) {
            return new Kept(other, account.in(limit, other, now), new Kept(store, account, null));
        }
    }

    /** Returns the account of a limit in a store that nodes share limits through, or in none. */
    Meter.Account of(Limit limit, @Nullable LeaseStore store, Moment now) {
        return kept.compute(limit.id(), (id, known) -> {
                    if (known == null) {
                        return new Kept(store, Meter.Account.open(limit, store, now), null);
                    }
                    return known.knows(store) ? known : known.next(limit, store, now);
                })
                .in(store);
    }

    Expectations expectations() {
        return expectations;
    }

    /** Forgets what was used of all limits but these. */
    public void retain(Subject key, List<LimitConfig> limits) {
        Set<Limit.Id> wanted =
                limits.stream().map(limit -> new Limit(key, limit).id()).collect(Collectors.toSet());
        kept.keySet().retainAll(wanted);
    }
}
