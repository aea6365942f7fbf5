package io.llmproxy.resource;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
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
    private final AtomicBoolean strangeSaid = new AtomicBoolean();
    private volatile boolean holdsFiles;
    private volatile @Nullable Others<H> others;

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
     * Where something is kept, and which client made it.
     *
     * @param home where
     * @param owner the mark of the client that made it, the same on all nodes; null if any client may use it
     * @param found whether it was looked for and found, so that it is not known which client made it
     */
    public record Kept<H>(H home, @Nullable String owner, boolean found) {
        /** Where something is kept that was seen being made. */
        public Kept(H home, @Nullable String owner) {
            this(home, owner, false);
        }

        /** Whether a client may use it, by its mark; null is a client without a name. */
        public boolean isOpenTo(@Nullable String client) {
            return owner == null || owner.equals(client);
        }
    }

    /** The other nodes. */
    public interface Others<H> {
        /** Tells them where something is kept. Returns at once. */
        void tell(String id, Kept<H> kept);

        /**
         * Asks them where things are kept.
         *
         * @return complete with true when what they know has been {@link #hear heard}, or they turn out to be away; with false if there was no
         *     time to ask for all, so that something may be another client's; null if they are away. The thread that completes it has to
         *     return soon
         */
        @Nullable CompletableFuture<Boolean> ask(List<String> ids);

        /** Whether they cannot be asked at the moment. */
        boolean isAway();
    }

    /** Shares what is learned from now on; null to share nothing. */
    public void share(@Nullable Others<H> with) {
        others = with;
    }

    /** Whether other nodes may know more. */
    public boolean isShared() {
        return others != null;
    }

    /** Whether other nodes may know more, and cannot be asked at the moment. */
    public boolean isCutOff() {
        Others<H> shared = others;
        return shared != null && shared.isAway();
    }

    /**
     * Something is kept. What is known of it already stays: who says the same identifier again has not made it.
     *
     * @param owner the mark of the client that made it; null if any client may use it
     * @param file whether any request may name it in its body, and not only some
     */
    public void learn(String id, H home, @Nullable String owner, boolean file) {
        Kept<H> kept = new Kept<>(home, owner);
        Others<H> told = others;
        if (isNews(id, kept, file) && told != null) {
            told.tell(id, kept);
        }
    }

    /**
     * Something was looked for and is there; it is not known which client made it. Other nodes are not told: they may know that.
     *
     * @param file whether any request may name it in its body, and not only some
     */
    public void learnFound(String id, H home, boolean file) {
        isNews(id, new Kept<>(home, null, true), file);
    }

    private boolean isNews(String id, Kept<H> kept, boolean file) {
        if (file && !holdsFiles) {
            holdsFiles = true;
        }
        return homes.asMap().putIfAbsent(id, kept) == null;
    }

    /** Takes what another node has learned, in the place of what is known here. */
    public void hear(String id, Kept<H> kept) {
        holdsFiles = true;
        homes.put(id, kept);
    }

    /** Returns where something is kept; null if that is not known. */
    public @Nullable Kept<H> find(String id) {
        return homes.getIfPresent(id);
    }

    /**
     * Asks other nodes for what is not known here.
     *
     * @return what {@link Others#ask} says; null if there is nothing to wait for
     */
    public @Nullable CompletableFuture<Boolean> ask(List<String> ids) {
        Others<H> asked = others;
        if (asked == null) {
            return null;
        }
        List<String> unknown = null;
        for (int i = 0; i < ids.size(); i++) {
            if (!isSettled(ids.get(i))) {
                unknown = unknown == null ? new ArrayList<>(1) : unknown;
                unknown.add(ids.get(i));
            }
        }
        return unknown == null ? null : asked.ask(unknown);
    }

    /** Whether it is known where something is kept, and for which client. */
    public boolean isSettled(String id) {
        Kept<H> kept = homes.getIfPresent(id);
        return kept != null && !kept.found();
    }

    /** Whether it is the first time that a client may have what another one made, as that is not known: true once. */
    public boolean isFirstStrange() {
        return !strangeSaid.get() && !strangeSaid.getAndSet(true);
    }

    /** All that is known. What is learned or forgotten meanwhile may be among it or not. */
    public Iterator<Map.Entry<String, Kept<H>>> known() {
        return homes.asMap().entrySet().iterator();
    }

    /** Whether anything may be known, here or on other nodes, that any request may name in its body. */
    public boolean mayHoldFiles() {
        return holdsFiles || others != null;
    }
}
