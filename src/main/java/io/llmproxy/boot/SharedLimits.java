package io.llmproxy.boot;

import io.llmproxy.cluster.RedisLeases;
import io.llmproxy.config.RedisConfig;
import io.llmproxy.quota.LeaseStore;
import io.llmproxy.quota.Moment;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What nodes share limits through, as the configuration in use says, and those before, as long as exchanges have something to settle
 * there. Used under the lock of the one who reloads.
 */
final class SharedLimits implements AutoCloseable {
    /** It tries for less than that, unless the machine is very busy. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** It is one node, whatever it speaks with. */
    private final String process = UUID.randomUUID().toString();

    private final AtomicInteger sessions = new AtomicInteger();
    private final Supplier<Moment> clock;
    private final List<RedisLeases> made = new CopyOnWriteArrayList<>();
    private volatile @Nullable RedisLeases current;

    /** @param clock tells the time */
    SharedLimits(Supplier<Moment> clock) {
        this.clock = clock;
    }

    /** Returns what a configuration asks for: what is there already if it is at the same place, else another that does nothing yet. */
    @Nullable LeaseStore of(@Nullable RedisConfig config) {
        RedisLeases known = current;
        if (config == null) {
            return null;
        }
        if (known != null && known.isAt(config)) {
            return known;
        }
        // What exchanges hold in the one before is theirs, also if it is the same Redis after all.
        RedisLeases next = new RedisLeases(config, process, process + '-' + sessions.incrementAndGet(), clock);
        made.add(next);
        return next;
    }

    /** Tries what was made for a configuration, before that takes the place of another: no request need do without it. */
    void prepare(@Nullable LeaseStore next) {
        if (next instanceof RedisLeases leases && leases != current) {
            leases.start();
            leases.awaitTried(PATIENCE);
        }
    }

    /** Uses what was made for the configuration that is in use from now on, and reaches it as that says. */
    void follow(@Nullable LeaseStore next, @Nullable RedisConfig config) {
        RedisLeases following = (RedisLeases) next;
        if (following != null && config != null) {
            following.follow(config);
            following.start();
        }
        current = following;
    }

    /** Closes what no configuration uses any more that is in use, or has exchanges. */
    void retain(Collection<LeaseStore> inUse) {
        made.removeIf(leases -> {
            boolean unused = !inUse.contains(leases);
            if (unused) {
                leases.close();
            }
            return unused;
        });
    }

    /** Returns whether the store answers; null if there is none. */
    @Nullable Boolean isThere() {
        RedisLeases known = current;
        return known == null ? null : known.isThere();
    }

    @Override
    public void close() {
        current = null;
        retain(List.of());
    }
}
