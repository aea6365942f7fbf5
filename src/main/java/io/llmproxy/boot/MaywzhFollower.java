package io.llmproxy.boot;

import io.llmproxy.access.Mandate;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.FollowConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.health.StoreStanding.Followed;
import io.llmproxy.store.ConfigStore;
import io.llmproxy.store.ConfigVersion;
import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.store.Draft;
import io.llmproxy.store.Head;
import io.llmproxy.store.HeadMovedException;
import io.llmproxy.store.MaywzhRows;
import io.llmproxy.store.MaywzhWatch;
import io.llmproxy.store.StoreException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a version of what the database of maywzh's llm-proxy says whenever that changes, so that it goes on saying what is served. While
 * it is away, or says what cannot be served here, the version before goes on; but who is let in no more there is let in no more here.
 */
final class MaywzhFollower implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MaywzhFollower.class);
    private static final String SYSTEM = "maywzh";
    private static final String DATABASE = "maywzh's database";
    private static final Duration CLOSING = Duration.ofSeconds(5);
    private static final int ATTEMPTS = 3;
    private static final long NOTHING = -1;

    private final ConfigSource node;
    private final Duration poll;
    private final StoreFollower follower;
    private final MaywzhWatch watch;
    private final ScheduledThreadPoolExecutor thread;
    private volatile @Nullable Thread worker;
    private volatile State state = new State(0, List.of(), null);

    /** The version that has been dealt with. */
    private long known = NOTHING;

    /** What was carried over last; null if that was before the start. */
    private @Nullable MaywzhRows carried;

    /**
     * @param seen the version that the database had last
     * @param problems why that is not carried over
     * @param awaySince when it has stopped to answer, by {@link System#nanoTime}; null while it answers
     */
    private record State(
            long seen, List<String> problems, @Nullable Long awaySince) {}

    /**
     * @param node loads what becomes of it
     * @param config where the database is
     * @param poll how often to look
     * @param follower has the store that versions are made in
     */
    MaywzhFollower(ConfigSource node, FollowConfig config, Duration poll, StoreFollower follower) {
        this.node = node;
        this.poll = poll;
        this.follower = follower;
        this.watch = new MaywzhWatch(config);
        this.thread = new ScheduledThreadPoolExecutor(
                1,
                task -> {
                    Thread made = new Thread(task, "llmproxy-follow");
                    made.setDaemon(true);
                    worker = made;
                    return made;
                },
                new ThreadPoolExecutor.DiscardPolicy());
        this.thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** From now on it looks. */
    void begin() {
        thread.execute(this::look);
    }

    /** Returns what has come of it. */
    Followed standing() {
        State now = state;
        Long since = now.awaySince();
        return new Followed(
                SYSTEM, now.seen(), now.problems(), since == null ? null : Duration.ofNanos(System.nanoTime() - since));
    }

    private void look() {
        try {
            step();
        } catch (RuntimeException e) {
            LOG.warn("{} cannot be carried over now: {}", DATABASE, RootCause.of(e));
            LOG.debug("it is tried again", e);
        }
        long pause = (long) (poll.toMillis() * ThreadLocalRandom.current().nextDouble(0.8, 1.2));
        var unused = thread.schedule(this::look, pause, TimeUnit.MILLISECONDS);
    }

    private void step() {
        OpenStore store = follower.store();
        if (store == null) {
            // What it says could be put nowhere.
            return;
        }
        Optional<MaywzhWatch.Seen> seen;
        try {
            seen = watch.look(known);
        } catch (StoreException e) {
            away(String.valueOf(e.getMessage()));
            return;
        }
        answers();
        if (seen.isPresent()) {
            carry(store, seen.get());
        }
    }

    private void away(String why) {
        State now = state;
        if (now.awaySince() == null) {
            state = new State(now.seen(), now.problems(), System.nanoTime());
            LOG.warn("{}; what it said last is served", why);
        }
    }

    private void answers() {
        State now = state;
        if (now.awaySince() != null) {
            state = new State(now.seen(), now.problems(), null);
            LOG.info("{} answers", watch.name());
        }
    }

    private void carry(OpenStore store, MaywzhWatch.Seen seen) {
        List<String> problems = List.of();
        try {
            commit(store, seen.rows(), "version " + seen.version() + " of " + DATABASE);
            carried = seen.rows();
            known = seen.version();
        } catch (ConfigException e) {
            problems = e.problems().stream().map(Problem::toString).toList();
            revoke(store, seen);
            known = seen.version();
        } catch (StoreException e) {
            if (e.kind() != StoreException.Kind.MANAGED) {
                throw e;
            }
            // That may end at any time: it is looked at again.
            problems = List.of(String.valueOf(e.getMessage()));
        }
        if (!problems.isEmpty() && !problems.equals(state.problems())) {
            LOG.error("version {} of {} cannot be carried over; the one before is served", seen.version(), DATABASE);
            problems.forEach(LOG::error);
        }
        state = new State(seen.version(), problems, null);
    }

    private void revoke(OpenStore store, MaywzhWatch.Seen seen) {
        MaywzhRows before = carried;
        if (before == null) {
            return;
        }
        MaywzhRows without = before.without(seen.rows());
        if (without.equals(before)) {
            return;
        }
        commit(
                store,
                without,
                "revoked in version " + seen.version() + " of " + DATABASE + ", which is not carried over");
        carried = without;
    }

    private void commit(OpenStore store, MaywzhRows rows, String message) {
        if (!rows.asksForKeys()) {
            LOG.warn(
                    "no credential is enabled in {}: that system lets every client in then, this gateway none",
                    DATABASE);
        }
        MaywzhImport found = MaywzhImport.of(rows.closed(), ofThatSystem());
        found.warnings().forEach(warning -> LOG.warn("{}", warning));
        Draft draft = Draft.plain(found.document(), SYSTEM, message, Origin.IMPORT, Version.current(), null, null)
                .under(new Mandate(SYSTEM, false));
        for (int attempt = 1; ; attempt++) {
            try {
                commit(store, draft);
                follower.nudge();
                return;
            } catch (HeadMovedException e) {
                if (attempt == ATTEMPTS) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    /** The variables that it reads, without those that are this node's own: all nodes are to make the same version. */
    private static Map<String, String> ofThatSystem() {
        Map<String, String> variables = new HashMap<>(System.getenv());
        variables.keySet().removeIf(name -> name.startsWith("LLMPROXY_"));
        return variables;
    }

    /** Another node that follows the same may have been first. */
    private void commit(OpenStore store, Draft draft) throws HeadMovedException {
        ConfigStore versions = store.versions();
        versions.refuseManaged(draft);
        Head head = versions.head();
        String now =
                versions.version(head.version()).map(ConfigVersion::content).orElse("");
        Draft sealed = store.secrets().sealed(node, draft, DATABASE, false).draft();
        AuditNote note = AuditNote.plain(SYSTEM, "node", "config.import");
        if (!now.equals(sealed.content())) {
            ConfigVersion made = versions.commit(sealed, head.version(), note);
            LOG.info("{} is v{}", draft.message(), made.id());
        } else if (!SYSTEM.equals(head.managedBy())) {
            var unused = versions.manage(SYSTEM, note);
        }
    }

    @Override
    public void close() {
        // An interrupt would close the files of H2.
        thread.shutdown();
        watch.close();
        Thread last = worker;
        try {
            // A container that takes the application away looks for threads.
            if (last != null) {
                last.join(CLOSING.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
