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

    private record Kept(@Nullable LeaseStore store, Meter.Account account) {}

    /** Returns the account of a limit. Another store that nodes share limits through begins anew. */
    Meter.Account of(Limit limit, @Nullable LeaseStore store, Moment now) {
        return kept.compute(
                        limit.id(),
                        (id, known) -> known != null && known.store == store
                                ? known
                                : new Kept(store, Meter.Account.open(limit, store, now)))
                .account;
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
