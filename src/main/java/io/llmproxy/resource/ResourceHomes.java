package io.llmproxy.resource;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.jspecify.annotations.Nullable;

/**
 * Where things are kept that clients make and ask for again: files, batches, responses. What was not asked for lately is forgotten
 * when there are too many. May be used by several threads.
 *
 * @param <H> says where something is kept
 */
public final class ResourceHomes<H> {
    /** Room for a hundred thousand identifiers of usual length. */
    private static final long MOST = 16L << 20;

    private static final int OVERHEAD = 128;

    private final Cache<String, Kept<H>> homes;
    private volatile boolean holdsFiles;

    /** Makes an empty one. */
    public ResourceHomes() {
        this(MOST);
    }

    ResourceHomes(long most) {
        // Evicts where it is used: it has no thread that could outlive the application.
        homes = Caffeine.newBuilder()
                .maximumWeight(most)
                .weigher((String id, Kept<H> kept) -> OVERHEAD + 2 * id.length())
                .executor(Runnable::run)
                .build();
    }

    /**
     * Where something is kept, and for whom.
     *
     * @param home where
     * @param owner the client that made it, by equality; null if any client may use it
     */
    public record Kept<H>(H home, @Nullable Object owner) {
        /** Whether a client may use it; null is a client without a name. */
        public boolean isOpenTo(@Nullable Object client) {
            return owner == null || owner.equals(client);
        }
    }

    /**
     * Something is kept. What is known of it already stays: who says the same identifier again has not made it.
     *
     * @param owner the client that made it; null if any client may use it
     * @param file whether any request may name it in its body, and not only some
     */
    public void learn(String id, H home, @Nullable Object owner, boolean file) {
        homes.asMap().putIfAbsent(id, new Kept<>(home, owner));
        if (file && !holdsFiles) {
            holdsFiles = true;
        }
    }

    /** Returns where something is kept; null if that is not known. */
    public @Nullable Kept<H> find(String id) {
        return homes.getIfPresent(id);
    }

    /** Whether anything was ever learned that any request may name in its body. */
    public boolean holdsFiles() {
        return holdsFiles;
    }
}
