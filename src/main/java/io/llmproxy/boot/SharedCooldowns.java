package io.llmproxy.boot;

import io.llmproxy.cluster.RedisCooldowns;
import io.llmproxy.config.RedisConfig;
import io.llmproxy.upstream.Upstreams;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Shares with other nodes what providers say of keys, through the Redis of the configuration in use. Used by one thread at a time. */
final class SharedCooldowns implements AutoCloseable, RedisCooldowns.Keys {
    private final Supplier<Upstreams> upstreams;
    private @Nullable RedisConfig config;
    private @Nullable RedisCooldowns current;

    /** @param upstreams those in use */
    SharedCooldowns(Supplier<Upstreams> upstreams) {
        this.upstreams = upstreams;
    }

    /** Follows the configuration that is in use from now on; null if nodes share nothing. */
    void follow(@Nullable RedisConfig next) {
        if (Objects.equals(config, next)) {
            return;
        }
        close();
        config = next;
        if (next != null) {
            RedisCooldowns made = new RedisCooldowns(next, this);
            made.start();
            current = made;
        }
    }

    @Override
    public boolean areThere() {
        return upstreams.get().hasSharedKeys();
    }

    @Override
    public Map<String, Long> cooling() {
        return upstreams.get().coolingKeys(System.nanoTime());
    }

    @Override
    public void cool(Map<String, Long> all) {
        upstreams.get().cool(all, System.nanoTime());
    }

    @Override
    public void close() {
        config = null;
        RedisCooldowns before = current;
        current = null;
        if (before != null) {
            before.close();
        }
    }
}
