package io.llmproxy.boot;

import io.llmproxy.admin.ConfigReload.Outcome;
import io.llmproxy.boot.StoredConfig.Serve;
import io.llmproxy.config.StoreConfig;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.health.Lifecycle;
import io.llmproxy.health.StoreStanding;
import io.llmproxy.store.ConfigStore;
import io.llmproxy.store.ConfigVersion;
import io.llmproxy.store.ConfigVersion.Origin;
import io.llmproxy.store.Head;
import io.llmproxy.store.LastGood;
import io.llmproxy.store.NodeKeys;
import io.llmproxy.store.NodeReport;
import io.llmproxy.store.Nodes;
import io.llmproxy.store.OverrideTable;
import io.llmproxy.store.StoreException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a node follow the store: it looks for a new head now and then, serves it, and says what came of that. All of it happens on a
 * thread of its own, so that nothing else waits for the database. While that is away, the node goes on with what it has.
 */
final class StoreFollower implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreFollower.class);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final Duration REPORT = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration CLOSING = Duration.ofSeconds(5);

    private final ConfigSource node;
    private final StoreConfig config;
    private final NodeState state;
    private final NodeKeys sealing;
    private final NodeProgress progress;
    private final LastGood lastGood;
    private final KeyFeed keys;
    private final ScheduledThreadPoolExecutor thread;
    private volatile @Nullable Thread worker;
    private volatile @Nullable OpenStore store;
    private volatile boolean closed;
    private final AtomicBoolean ended = new AtomicBoolean();
    private @Nullable Serve serve;
    private @Nullable NodePresence presence;
    private final DrainWord word = new DrainWord();

    private final AtomicReference<@Nullable Wish> untold = new AtomicReference<>();
    private Predicate<Supplier<List<Overrides.Shared>>> operators = shared -> true;
    private long overridesAt = -1;
    private long overridesFailedAt = -1;
    /** What is served, and what was tried last, by its content: a database that has lost versions gives their numbers again. */
    private String activeDigest = "";

    private String triedDigest = "";
    private long alarmedAt = -1;
    private boolean unseeded;
    private long secretsAt = -1;
    private int failures;
    private long reportAt = System.nanoTime();

    /** What an operator of this node has said to it, and the store does not know yet. */
    private record Wish(boolean drain, String by) {}

    /**
     * @param node the file of the node
     * @param config its section on the store
     * @param state who the node is
     * @param sealing the keys of the node
     * @param progress told of what comes of it
     * @param lastGood where what is served is kept
     * @param keys told of client keys
     */
    StoreFollower(
            ConfigSource node,
            StoreConfig config,
            NodeState state,
            NodeKeys sealing,
            NodeProgress progress,
            LastGood lastGood,
            KeyFeed keys) {
        this.node = node;
        this.config = config;
        this.state = state;
        this.sealing = sealing;
        this.progress = progress;
        this.lastGood = lastGood;
        this.keys = keys;
        this.thread = new ScheduledThreadPoolExecutor(
                1,
                task -> {
                    Thread made = new Thread(task, "llmproxy-store");
                    made.setDaemon(true);
                    // Flyway finds its parts by it.
                    made.setContextClassLoader(StoreFollower.class.getClassLoader());
                    worker = made;
                    return made;
                },
                new ThreadPoolExecutor.DiscardPolicy());
        this.thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    static String name(long version) {
        return version == 0 ? "nothing" : "v" + version;
    }

    /**
     * Opens the store, migrates and seeds it if that is wanted, and returns its head; nothing while it is empty, or if it was lost and
     * another node has seeded it again.
     *
     * @throws TimeoutException if that takes longer; it goes on nevertheless
     */
    Optional<LastGood.Snapshot> head(Duration limit) throws TimeoutException {
        return await(
                () -> {
                    OpenStore opened = opened();
                    Head head = seeded(opened);
                    progress.answered(head);
                    triedDigest = head.sha256();
                    secretsAt = opened.secrets().state().revision();
                    if (head.version() == 0) {
                        LOG.warn("the store is empty; this node waits for a configuration (`config import FILE`)");
                    } else if (lastGood.read()
                            .filter(kept ->
                                    isSeededAgain(opened, head, kept.version(), ConfigStore.sha256(kept.content())))
                            .isPresent()) {
                        LOG.error("the store was lost and seeded again; this node keeps its last good configuration"
                                + " until a version is committed");
                        return Optional.empty();
                    }
                    return opened.versions().version(head.version()).map(version -> withSecrets(opened, version));
                },
                limit);
    }

    private static LastGood.Snapshot withSecrets(OpenStore opened, ConfigVersion version) {
        return new LastGood.Snapshot(
                version.id(), version.content(), opened.secrets().of(version.content()));
    }

    /**
     * Learns all client keys, so that none is unknown to the first request.
     *
     * @throws TimeoutException if that takes longer; it goes on nevertheless
     */
    void learnKeys() throws TimeoutException {
        await(
                () -> {
                    keys.follow(opened().keys());
                    return true;
                },
                PATIENCE);
    }

    /** A store that is empty although this node has served before was lost: a seed would take the place of what is restored. */
    private Head seeded(OpenStore opened) {
        Head head = opened.versions().head();
        if (head.version() > 0 || config.seed() == null) {
            return head;
        }
        if (progress.standing().active() > 0 || lastGood.read().isPresent()) {
            if (!unseeded) {
                unseeded = true;
                LOG.error(
                        "the store is empty, but this node has served before; {} is not stored (expected: `db restore"
                                + " BACKUP` or `config import FILE`)",
                        config.seed());
            }
            return head;
        }
        return opened.seed(node).isPresent() ? opened.versions().head() : head;
    }

    /**
     * Whether a node without a last good configuration has stored its seed in a store that has lost what another node serves.
     *
     * @param active the version that is served
     * @param digest of its content
     */
    private static boolean isSeededAgain(OpenStore opened, Head head, long active, String digest) {
        return head.version() == 1
                && active > 0
                && (active > 1 || !head.sha256().equals(digest))
                && opened.versions()
                        .version(1)
                        .filter(version -> version.origin() == Origin.SEED)
                        .isPresent();
    }

    /** Whether the database has lost versions, and has had none since then. */
    private boolean isOlder(Head head, long active) {
        return head.version() < active && (alarmedAt < 0 || alarmedAt == head.version());
    }

    private OpenStore opened() {
        OpenStore opened = store;
        if (closed) {
            throw new StoreException(StoreException.Kind.AWAY, "this node stops");
        }
        if (opened == null) {
            opened = OpenStore.open(config, state.directory(), sealing);
            store = opened;
            if (closed) {
                // The end did not wait for it.
                closeStore();
                throw new StoreException(StoreException.Kind.AWAY, "this node stops");
            }
        }
        return opened;
    }

    /** Whether a report is this node's own. */
    boolean isOwn(NodeReport report) {
        return report.id().equals(state.id()) && report.boot().equals(state.boot());
    }

    /** Returns the store, if it could be opened so far. */
    @Nullable OpenStore store() {
        return store;
    }

    /**
     * From now on the node follows.
     *
     * @param how serves a configuration
     * @param shared reads, with what it is given, what operators of all nodes have changed, and says whether it follows that
     * @param here the rest of this node
     * @param served what is served already; null for nothing
     */
    void begin(
            Serve how,
            Predicate<Supplier<List<Overrides.Shared>>> shared,
            NodePresence here,
            LastGood.@Nullable Snapshot served) {
        thread.execute(() -> {
            operators = shared;
            presence = here;
            if (served != null) {
                activeDigest = ConfigStore.sha256(served.content());
                lastGood.keep(served);
            }
            serve = how;
            look();
        });
    }

    /** Looks at once, without waiting for it. */
    void nudge() {
        thread.execute(this::attempt);
    }

    /** Tells the store that an operator has drained this node, or not any more; as soon as it can be told, without waiting for it. */
    void drain(boolean on, String by) {
        untold.set(new Wish(on, by));
        nudge();
    }

    /** Does something that may wait for the database. */
    void later(Runnable work) {
        thread.execute(work);
    }

    private void look() {
        attempt();
        if (closed) {
            return;
        }
        Duration next = failures == 0 ? jittered(config.poll()) : backOff();
        var unused = thread.schedule(this::look, next.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void attempt() {
        if (closed) {
            return;
        }
        try {
            step(false);
            failures = 0;
        } catch (RuntimeException e) {
            failures++;
            if (progress.lost() || failures == 1) {
                LOG.warn(
                        "{}; this node goes on with {}",
                        RootCause.of(e),
                        name(progress.standing().active()));
            }
            LOG.debug("the store cannot be followed", e);
        }
    }

    private static Duration jittered(Duration period) {
        return Duration.ofMillis(
                (long) (period.toMillis() * ThreadLocalRandom.current().nextDouble(0.8, 1.2)));
    }

    private Duration backOff() {
        Duration pause = Duration.ofSeconds(1L << Math.min(failures - 1, 5));
        return jittered(pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE);
    }

    /** @param again whether the head is served again if it is served already, or was refused */
    private void step(boolean again) {
        OpenStore opened = opened();
        Head head = opened.goneBack(seeded(opened));
        if (progress.answered(head)) {
            LOG.info("the store {} answers; its head is {}", opened.database().name(), name(head.version()));
        }
        StoreStanding now = progress.standing();
        boolean seededAgain = isSeededAgain(opened, head, now.active(), activeDigest);
        boolean lost = seededAgain || isOlder(head, now.active());
        if (!lost) {
            // A database that has lost its keys would let every client in.
            keys.follow(opened.keys());
        }
        boolean served = head.version() == now.active() && head.sha256().equals(activeDigest);
        boolean refused = head.version() == now.tried()
                && head.sha256().equals(triedDigest)
                && !now.nack().isEmpty();
        boolean next = !served && !refused;
        long revision = opened.secrets().state().revision();
        if (lost && (seededAgain || !again)) {
            alarm(head.version(), now.active());
        } else if (next || again) {
            activate(opened, head.version(), false);
            if (next && !again && progress.standing().active() == head.version()) {
                accept(opened, head.version());
            }
        } else if (revision != secretsAt) {
            if (opened.versions().head().version() != head.version()) {
                // A commit came between the two looks: the secrets are those of the next version.
                nudge();
                return;
            }
            activate(opened, head.version(), true);
        }
        secretsAt = revision;
        share(opened.overrides());
        if (untold.get() != null) {
            // What is said of a node is said of the start of it that has reported.
            report(opened);
        }
        boolean draining = followDrain(opened.nodes());
        if (draining || System.nanoTime() - reportAt >= 0) {
            report(opened);
        }
    }

    /** Not of a seed, which a node stores by itself. */
    private void accept(OpenStore opened, long version) {
        if (opened.versions().version(version).map(ConfigVersion::origin).orElse(Origin.SEED) != Origin.SEED) {
            keys.accept();
        }
    }

    /** Returns whether others wait for what is in flight here: then it is told each time. */
    private boolean followDrain(Nodes nodes) {
        NodePresence here = presence;
        if (here == null) {
            return false;
        }
        Wish wish = untold.get();
        if (wish != null && nodes.drain(state.id(), wish.drain(), wish.by())) {
            untold.compareAndSet(wish, null);
            // Another node may take it back before it is read here.
            word.tell(wish.drain(), wish.by());
        }
        Nodes.Said now = nodes.said(state.id(), state.boot()).orElse(Nodes.Said.NOTHING);
        if (word.isLost(now)) {
            remind(word.last());
            return true;
        }
        boolean changed = now.drained() != word.last().drained();
        word.follow(now);
        if (changed && untold.get() == null) {
            here.drain(now.drained());
        }
        return changed || here.state().equals(Lifecycle.Phase.DRAINING.label());
    }

    /** A database that has failed over may have lost it. A node that is to be replaced does not go into service again by that. */
    private void remind(Nodes.Said lost) {
        LOG.warn(
                "the database has lost that this node is {}; it is told again",
                lost.drained() ? "drained" : "in service");
        untold.compareAndSet(null, new Wish(lost.drained(), Objects.requireNonNullElse(lost.by(), state.name())));
        word.tell(lost.drained(), lost.by());
        nudge();
    }

    private void share(OverrideTable table) {
        long number = table.number();
        if (serve == null || number == overridesAt) {
            return;
        }
        try {
            if (operators.test(() -> read(table))) {
                overridesAt = number;
            }
        } catch (IllegalArgumentException e) {
            // The store is there all the same, and the node has to go on reporting.
            LOG.warn("what operators say of upstreams cannot be followed: {}", RootCause.of(e));
            overridesAt = number;
        } catch (IllegalStateException e) {
            // It cannot be served now, such as for want of a port; later it may be.
            if (number != overridesFailedAt) {
                LOG.warn("what operators say of upstreams cannot be followed: {}", RootCause.of(e));
                overridesFailedAt = number;
            }
        }
    }

    private static List<Overrides.Shared> read(OverrideTable table) {
        return table.all().stream()
                .map(row -> new Overrides.Shared(StoreOverrides.change(row), row.since()))
                .toList();
    }

    /** What this node serves is kept until there is a version after those that were lost. */
    private void alarm(long head, long active) {
        if (alarmedAt != head) {
            alarmedAt = head;
            LOG.error(
                    "the store is at {}, before {}, which this node keeps: the database has lost versions",
                    name(head),
                    name(active));
        }
    }

    /** @param secrets whether only secrets have changed */
    private void activate(OpenStore opened, long version, boolean secrets) {
        Serve how = serve;
        if (how == null || version == 0) {
            return;
        }
        LastGood.Snapshot wanted =
                withSecrets(opened, opened.versions().version(version).orElseThrow());
        if (secrets && wanted.secrets().isEmpty()) {
            return;
        }
        OpenedSecrets known = new OpenedSecrets(wanted.secrets(), sealing.get());
        Outcome outcome = how.serve(() -> node.document(wanted.content(), name(version), known));
        triedDigest = ConfigStore.sha256(wanted.content());
        if (outcome.loaded()) {
            alarmedAt = -1;
            activeDigest = triedDigest;
            progress.serves(version);
            lastGood.keep(wanted);
            LOG.info("this node serves v{}", version);
        } else {
            progress.refuses(
                    version, outcome.problems().stream().map(Problem::toString).toList());
            LOG.error(
                    "this node cannot serve v{}, and goes on with {}",
                    version,
                    name(progress.standing().active()));
        }
        report(opened);
    }

    private void report(OpenStore opened) {
        StoreStanding now = progress.standing();
        opened.nodes()
                .report(new NodeReport(
                        state.id(),
                        state.boot(),
                        state.name(),
                        Version.current(),
                        now.active(),
                        now.tried(),
                        now.nack(),
                        presence == null ? null : presence.state(),
                        presence == null ? null : presence.inFlight()));
        reportAt = System.nanoTime() + REPORT.toNanos();
    }

    /**
     * Looks at once, and serves the head again, as the node's own file, certificates and other files that the head names may have
     * changed.
     */
    Outcome reload() {
        try {
            return await(
                    () -> {
                        readKeys();
                        step(true);
                        StoreStanding now = progress.standing();
                        List<Problem> problems =
                                now.nack().stream().map(StoreFollower::problem).toList();
                        return new Outcome(problems.isEmpty(), now.active(), problems);
                    },
                    PATIENCE);
        } catch (StoreException | TimeoutException e) {
            return new Outcome(false, progress.standing().active(), List.of(problem(String.valueOf(e.getMessage()))));
        }
    }

    /** What else is wrong with the node's file is told when the head is served again. */
    private void readKeys() {
        try {
            StoreConfig now = node.load().config().store();
            if (now != null) {
                sealing.read(now);
            }
        } catch (ConfigException e) {
            LOG.debug("the node's file cannot be read", e);
        }
    }

    private static Problem problem(String message) {
        return new Problem("store", 0, "", message);
    }

    private <T> T await(Callable<T> task, Duration limit) throws TimeoutException {
        Future<T> result = thread.submit(task);
        try {
            return result.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TimeoutException("interrupted");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StoreException failed) {
                throw failed;
            }
            if (e.getCause() instanceof ConfigException failed) {
                throw failed;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Follows no more; what was begun ends first, unless it waits for the database. The store stays open. */
    void rest() {
        closed = true;
        try {
            thread.submit(() -> {}).get(CLOSING.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("what follows the store goes on while this node stops", e);
        }
    }

    /** The thread closes the store, so that nothing uses it while that happens; a thread that waits for the database is not waited for. */
    @Override
    public void close() {
        closed = true;
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        Future<?> closing = thread.submit(this::closeStore);
        try {
            closing.get(CLOSING.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            LOG.warn("the store cannot be closed: {}", RootCause.of(e));
        } catch (TimeoutException e) {
            closeStore();
        }
        thread.shutdown();
        Thread last = worker;
        try {
            // Not the executor: it is terminated before its thread is, and a container that takes the application away
            // looks for threads.
            if (last != null) {
                last.join(CLOSING.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeStore() {
        OpenStore opened = store;
        store = null;
        try {
            keys.close();
        } finally {
            if (opened != null) {
                opened.close();
            }
        }
    }
}
