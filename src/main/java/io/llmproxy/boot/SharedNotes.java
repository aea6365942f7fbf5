package io.llmproxy.boot;

import io.llmproxy.cluster.Notes;
import io.llmproxy.cluster.RedisNotes;
import io.llmproxy.config.RedisConfig;
import io.llmproxy.health.SharedFindings;
import io.llmproxy.upstream.Upstreams;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Shares with other nodes what providers say of keys, and what is found of upstreams, through the Redis of the configuration in use. It is
 * told to follow by one thread at a time.
 */
final class SharedNotes implements AutoCloseable, RedisNotes.Board, SharedFindings {
    private final String node = UUID.randomUUID().toString();
    private final Supplier<Upstreams> upstreams;
    private final Map<String, Notes.Finding> untold = new ConcurrentHashMap<>();
    private volatile Map<String, Heard> heard = Map.of();
    private @Nullable RedisConfig config;
    private volatile @Nullable RedisNotes current;

    /** @param until in nanoseconds, as {@link System#nanoTime} has it */
    private record Heard(boolean success, long until) {}

    /** @param upstreams those in use */
    SharedNotes(Supplier<Upstreams> upstreams) {
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
            RedisNotes made = new RedisNotes(next, node, this);
            made.start();
            current = made;
        }
    }

    @Override
    public boolean isWanted() {
        Upstreams now = upstreams.get();
        return now.hasSharedKeys() || !now.checked().isEmpty();
    }

    @Override
    public Notes toTell() {
        Map<String, Notes.Finding> findings = new HashMap<>();
        untold.keySet().forEach(mark -> {
            Notes.Finding found = untold.remove(mark);
            if (found != null) {
                findings.put(mark, found);
            }
        });
        return new Notes(upstreams.get().coolingKeys(System.nanoTime()), findings);
    }

    @Override
    public void heard(Notes all) {
        long now = System.nanoTime();
        upstreams.get().cool(all.cooling(), now);
        Map<String, Heard> others = new HashMap<>();
        all.findings().forEach((mark, found) -> {
            if (!found.own()) {
                others.put(mark, new Heard(found.success(), now + TimeUnit.MILLISECONDS.toNanos(found.millis())));
            }
        });
        heard = others;
    }

    @Override
    public @Nullable Boolean found(String mark) {
        Heard known = heard.get(mark);
        if (known == null || System.nanoTime() - known.until >= 0) {
            return null;
        }
        return known.success;
    }

    @Override
    public void tell(String mark, boolean success, Duration lasts) {
        if (current != null) {
            untold.put(mark, new Notes.Finding(true, success, lasts.toMillis()));
        }
    }

    @Override
    public void close() {
        config = null;
        RedisNotes before = current;
        current = null;
        if (before != null) {
            before.close();
        }
        untold.clear();
    }
}
