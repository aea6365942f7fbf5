package io.llmproxy.boot;

import io.llmproxy.cluster.RedisLeases;
import io.llmproxy.config.RedisConfig;
import io.llmproxy.quota.LeaseStore;
import io.llmproxy.quota.Moment;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What nodes share limits through, as the configuration in use says. Used under the lock of the one who reloads. */
final class SharedLimits implements AutoCloseable {
    private final String node = UUID.randomUUID().toString();
    private final Supplier<Moment> clock;
    private volatile @Nullable RedisLeases current;

    /** @param clock tells the time */
    SharedLimits(Supplier<Moment> clock) {
        this.clock = clock;
    }

    /** Returns what a configuration asks for: what is there already if it is the same, else another that does nothing yet. */
    @Nullable LeaseStore of(@Nullable RedisConfig config) {
        RedisLeases known = current;
        if (config == null) {
            return null;
        }
        return known != null && known.config().equals(config) ? known : new RedisLeases(config, node, clock);
    }

    /** Uses what was made for the configuration that is in use from now on. */
    void follow(@Nullable LeaseStore next) {
        RedisLeases before = current;
        if (before == next) {
            return;
        }
        RedisLeases following = (RedisLeases) next;
        if (following != null) {
            following.start();
        }
        current = following;
        if (before != null) {
            before.close();
        }
    }

    /** Returns whether the store answers; null if there is none. */
    @Nullable Boolean isThere() {
        RedisLeases known = current;
        return known == null ? null : known.isThere();
    }

    @Override
    public void close() {
        follow(null);
    }
}
