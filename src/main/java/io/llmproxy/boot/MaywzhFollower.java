package io.llmproxy.boot;

import io.llmproxy.access.Mandate;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.auth.ClientKey;
import io.llmproxy.auth.KeySource;
import io.llmproxy.config.FollowConfig;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.health.StoreStanding.Followed;
import io.llmproxy.store.ConfigStore;
import io.llmproxy.store.ConfigVersion;
import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.store.Draft;
import io.llmproxy.store.Head;
import io.llmproxy.store.HeadMovedException;
import io.llmproxy.store.KeyConflictException;
import io.llmproxy.store.MaywzhRows;
import io.llmproxy.store.MaywzhWatch;
import io.llmproxy.store.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
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

    /** A lower version for this long is no late answer any more. */
    private static final Duration GONE_BACK = Duration.ofSeconds(30);

    private static final long NOTHING = -1;

    private final ConfigSource node;
    private final Duration poll;
    private final StoreFollower follower;
    private final KeySource issued;
    private final MaywzhWatch watch;
    private final ScheduledThreadPoolExecutor thread;
    private volatile @Nullable Thread worker;
    private volatile State state = new State(0, List.of(), null, null);

    /** The version that has been dealt with. */
    private long known = NOTHING;

    /** What was carried over last; null if that was before the start. */
    private MaywzhWatch.@Nullable Seen carried;

    /** Since when the version is lower than the one that was carried over, by {@link System#nanoTime}; null if it is not. */
    private @Nullable Long lowerSince;

    /**
     * @param seen the version that the database had last
     * @param problems why that is not carried over
     * @param unreadable why the database cannot be read although it answers; null if it can
     * @param awaySince when it has stopped to answer, by {@link System#nanoTime}; null while it answers
     */
    private record State(
            long seen,
            List<String> problems,
            @Nullable String unreadable,
            @Nullable Long awaySince) {
        List<String> told() {
            return unreadable == null ? problems : List.of(unreadable);
        }
    }

    /**
     * @param node loads what becomes of it
     * @param config where the database is
     * @param poll how often to look
     * @param follower has the store that versions are made in
     * @param issued the client keys of that store
     */
    MaywzhFollower(ConfigSource node, FollowConfig config, Duration poll, StoreFollower follower, KeySource issued) {
        this.node = node;
        this.poll = poll;
        this.follower = follower;
        this.issued = issued;
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
                SYSTEM, now.seen(), now.told(), since == null ? null : Duration.ofNanos(System.nanoTime() - since));
    }

    private void look() {
        try {
            step();
        } catch (RuntimeException | Error e) {
            LOG.warn("{} cannot be carried over now: {}", DATABASE, RootCause.of(e));
            LOG.debug("it is tried again", e);
        } finally {
            long pause = (long) (poll.toMillis() * ThreadLocalRandom.current().nextDouble(0.8, 1.2));
            var unused = thread.schedule(this::look, pause, TimeUnit.MILLISECONDS);
        }
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
            if (e.kind() == StoreException.Kind.AWAY) {
                away(String.valueOf(e.getMessage()));
            } else {
                unreadable(store, String.valueOf(e.getMessage()));
            }
            return;
        }
        answers();
        if (seen.isPresent()) {
            carry(store, seen.get());
        }
        shadow(store);
    }

    private void away(String why) {
        State now = state;
        if (now.awaySince() == null) {
            state = new State(now.seen(), now.problems(), now.unreadable(), System.nanoTime());
            LOG.warn("{}; what it said last is served", why);
        }
    }

    /** Such as after a migration of that system: its credentials may be there all the same. */
    private void unreadable(OpenStore store, String why) {
        State now = state;
        if (!why.equals(now.unreadable())) {
            LOG.error("{}; what it said last is served", why);
        }
        state = new State(now.seen(), now.problems(), why, null);
        Set<String> enabled;
        try {
            enabled = watch.enabled();
        } catch (StoreException e) {
            LOG.debug("its credentials cannot be read either", e);
            return;
        }
        // Of other tables it is not known what it means that there is none.
        if (!enabled.isEmpty()) {
            var unused = revoke(store, enabled, "revoked in " + DATABASE + ", which cannot be read");
        }
    }

    private void answers() {
        State now = state;
        if (now.awaySince() != null || now.unreadable() != null) {
            state = new State(now.seen(), now.problems(), null, null);
            LOG.info("{} answers", watch.name());
        }
    }

    private void carry(OpenStore store, MaywzhWatch.Seen seen) {
        try {
            if (!seen.rows().asksForKeys()) {
                LOG.warn(
                        "no credential is enabled in {}: that system lets every client in then, this gateway none",
                        DATABASE);
            }
            if (commit(store, seen.rows(), MaywzhVersion.message(seen.version()), last -> isNext(last, seen))) {
                carried = seen;
                known = seen.version();
                tell(seen, List.of());
            }
        } catch (ConfigException e) {
            tell(seen, e.problems().stream().map(Problem::toString).toList());
            if (revoke(store, seen.rows().enabled(), MaywzhVersion.revoked(seen.version()))) {
                known = seen.version();
            }
        } catch (StoreException e) {
            if (e.kind() != StoreException.Kind.MANAGED) {
                throw e;
            }
            // That may end at any time: it is looked at again.
            tell(seen, List.of(String.valueOf(e.getMessage())));
        }
    }

    private void tell(MaywzhWatch.Seen seen, List<String> problems) {
        boolean news = !problems.isEmpty() && !problems.equals(state.problems());
        state = new State(seen.version(), problems, null, null);
        if (news) {
            LOG.error("version {} of {} cannot be carried over; the one before is served", seen.version(), DATABASE);
            problems.forEach(LOG::error);
        }
    }

    /** Another node may have read a later version, and carried it over before this one came to it. */
    private boolean isNext(Optional<MaywzhVersion> last, MaywzhWatch.Seen seen) {
        long before = last.map(MaywzhVersion::number).orElse(NOTHING);
        if (seen.version() >= before) {
            lowerSince = null;
            return true;
        }
        Long since = lowerSince;
        if (since == null) {
            lowerSince = System.nanoTime();
            LOG.warn(
                    "version {} of {} is lower than version {}, which was carried over: it is read again",
                    seen.version(),
                    DATABASE,
                    before);
            return false;
        }
        // A database that was restored counts from there.
        return System.nanoTime() - since > GONE_BACK.toNanos();
    }

    /**
     * Disables what is not enabled any more in what this node has carried over, unless another one has carried over something later.
     *
     * @return whether nothing is left to do; otherwise it is looked at again
     */
    private boolean revoke(OpenStore store, Set<String> enabled, String message) {
        MaywzhWatch.Seen before = carried;
        if (before == null) {
            return true;
        }
        MaywzhRows without = before.rows().only(enabled);
        if (without.equals(before.rows())) {
            return true;
        }
        try {
            boolean done = commit(
                    store,
                    without,
                    message,
                    last -> last.map(MaywzhVersion::number).orElse(NOTHING) <= before.version());
            if (done) {
                carried = new MaywzhWatch.Seen(before.version(), without);
            }
            return done;
        } catch (ConfigException | StoreException e) {
            LOG.error("what was revoked in {} cannot be revoked here: {}", DATABASE, RootCause.of(e));
            return e instanceof StoreException failed && failed.kind() == StoreException.Kind.MANAGED;
        }
    }

    /**
     * Makes it the head, unless that came from there and says the same already, or an operator has gone over it and it has not changed
     * since.
     *
     * @param isNext whether it is to follow what was carried over last
     * @return whether that is done; otherwise it is looked at again
     */
    private boolean commit(
            OpenStore store, MaywzhRows rows, String message, Predicate<Optional<MaywzhVersion>> isNext) {
        MaywzhImport found = MaywzhImport.of(rows.closed(), ofThatSystem());
        found.warnings().forEach(warning -> LOG.warn("{}", warning));
        Draft draft = Draft.plain(found.document(), SYSTEM, message, Origin.IMPORT, Version.current(), null, null)
                .under(new Mandate(SYSTEM, false));
        ConfigStore versions = store.versions();
        versions.refuseManaged(draft);
        Head head = versions.head();
        Optional<MaywzhVersion> last = MaywzhVersion.last(versions, head.version());
        if (!isNext.test(last)) {
            return false;
        }
        Draft sealed = store.secrets().sealed(node, draft, DATABASE, false).draft();
        AuditNote note = AuditNote.plain(SYSTEM, "node", "config.import");
        try {
            if (head.sha256().equals(ConfigStore.sha256(sealed.content()))) {
                if (!SYSTEM.equals(head.managedBy())) {
                    var unused = versions.manage(SYSTEM, note);
                }
            } else if (last.filter(before -> before.says(sealed.content())).isPresent()) {
                LOG.info(
                        "{} says what was carried over last; v{}, which was made since, stays",
                        DATABASE,
                        head.version());
            } else {
                ConfigVersion made = versions.commit(sealed, head.version(), note);
                LOG.info("{} is v{}", draft.message(), made.id());
                follower.nudge();
            }
            return true;
        } catch (HeadMovedException e) {
            // Another node that follows the same may have been first, with what is later than this.
            LOG.debug("it is read again", e);
            return false;
        }
    }

    /** A key of the store with the value of a credential would go on to let clients in after that system has deleted the credential. */
    private void shadow(OpenStore store) {
        MaywzhWatch.Seen now = carried;
        if (now == null) {
            return;
        }
        for (MaywzhRows.Credential credential : now.rows().credentials()) {
            KeyDigest.parse("sha256:" + credential.digest()).ifPresent(digest -> shadow(store, digest));
        }
    }

    private void shadow(OpenStore store, KeyDigest digest) {
        ClientKey known = issued.find(digest);
        // At that time none was expired.
        if (known == null
                || known.state(Instant.EPOCH) != ClientKey.State.GOOD
                || !SYSTEM.equals(store.versions().head().managedBy())) {
            return;
        }
        store.keys().find(digest).filter(key -> key.config().enabled()).ifPresent(key -> {
            AuditNote note = AuditNote.plain(SYSTEM, "node", "key.change")
                    .to(key.config().name());
            try {
                var unused = store.keys()
                        .change(key.id(), key.revision(), key.config().disabled(), key.forwards(), note);
                LOG.warn(
                        "key {} of the store is disabled: it is also a credential of {}, and only that database decides"
                                + " whether the credential is accepted",
                        key.config().name(),
                        DATABASE);
            } catch (KeyConflictException e) {
                LOG.debug("the key has changed; it is looked at again", e);
            }
        });
    }

    /** The variables that it reads, without those that are this node's own: all nodes are to make the same version. */
    private static Map<String, String> ofThatSystem() {
        Map<String, String> variables = new HashMap<>(System.getenv());
        variables.keySet().removeIf(name -> name.startsWith("LLMPROXY_"));
        return variables;
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
