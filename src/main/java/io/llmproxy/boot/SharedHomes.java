package io.llmproxy.boot;

import io.llmproxy.cluster.HomeCounts;
import io.llmproxy.cluster.RedisHomes;
import io.llmproxy.config.RedisConfig;
import io.llmproxy.resource.ResourceHomes;
import io.llmproxy.resource.ResourceHomes.Kept;
import io.llmproxy.upstream.HomeText;
import io.llmproxy.upstream.ResourceHome;
import io.llmproxy.upstream.Upstreams;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CompletableFuture;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Shares with other nodes which upstream keeps what, through the Redis of the configuration in use. It is told to follow by one thread at a
 * time.
 */
final class SharedHomes
        implements AutoCloseable, ResourceHomes.Others<ResourceHome>, RedisHomes.Board<Kept<ResourceHome>> {
    /** It tries for less than that, unless the machine is very busy. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final HomeCounts counts = new HomeCounts();
    private volatile Upstreams upstreams = Upstreams.NONE;
    private @Nullable RedisConfig config;
    private volatile @Nullable RedisHomes<Kept<ResourceHome>> current;

    /** What became of what was asked and told. */
    HomeCounts counts() {
        return counts;
    }

    /**
     * Follows the configuration that is in use from now on.
     *
     * @param redis null if nodes share nothing
     */
    void follow(@Nullable RedisConfig redis, Upstreams next) {
        upstreams = next;
        RedisConfig wanted = next.asksForResources() ? redis : null;
        if (!Objects.equals(config, wanted)) {
            RedisHomes<Kept<ResourceHome>> before = current;
            current = wanted == null ? null : started(wanted);
            config = wanted;
            if (before != null) {
                before.close();
            }
        }
        next.resources().share(wanted == null ? null : this);
    }

    /** No request need do without it. */
    private RedisHomes<Kept<ResourceHome>> started(RedisConfig wanted) {
        RedisHomes<Kept<ResourceHome>> made = new RedisHomes<>(wanted, this, counts);
        made.start();
        made.awaitTried(PATIENCE);
        return made;
    }

    @Override
    public void tell(String id, Kept<ResourceHome> kept) {
        RedisHomes<Kept<ResourceHome>> telling = current;
        if (telling != null) {
            telling.tell(id, kept);
        }
    }

    @Override
    public @Nullable CompletableFuture<Boolean> ask(List<String> ids) {
        RedisHomes<Kept<ResourceHome>> asking = current;
        return asking == null ? null : asking.ask(ids);
    }

    @Override
    public boolean isAway() {
        RedisHomes<Kept<ResourceHome>> asking = current;
        return asking != null && !asking.isThere();
    }

    /**
     * A node without the upstream or its key cannot say which key is meant, and leaves that to nodes that can; so does one that has found
     * something and does not know which client made it.
     */
    @Override
    public Iterator<Map.Entry<String, Kept<ResourceHome>>> known() {
        Upstreams known = upstreams;
        Spliterator<Map.Entry<String, Kept<ResourceHome>>> all =
                Spliterators.spliteratorUnknownSize(known.resources().known(), 0);
        return StreamSupport.stream(all, false)
                .filter(entry -> !entry.getValue().found() && HomeText.isComplete(entry.getValue(), known))
                .iterator();
    }

    @Override
    public String text(Kept<ResourceHome> known) {
        return HomeText.of(known);
    }

    @Override
    public void heard(String id, String text) {
        Upstreams known = upstreams;
        known.resources().hear(id, HomeText.read(text, known));
    }

    @Override
    public void close() {
        config = null;
        RedisHomes<Kept<ResourceHome>> before = current;
        current = null;
        if (before != null) {
            before.close();
        }
    }
}
