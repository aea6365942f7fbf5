package io.llmproxy.boot;

import io.llmproxy.config.StoreConfig;
import io.llmproxy.ledger.LedgerFiles;
import io.llmproxy.ledger.LedgerTail;
import io.llmproxy.store.StoreException;
import io.llmproxy.store.UsageHours;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds what the lines of this node's ledger say to the sums of all nodes in the store. The files wait while the store is away, and each
 * line is added once: how far they are read is stored together with the sums. Has a thread of its own, since it may wait for the disk and
 * for the database.
 */
final class UsageFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(UsageFeed.class);

    /** Sums are less urgent than versions. */
    private static final int POLLS = 5;

    /** What is added in one transaction. */
    private static final long MOST_LINES = 50_000;

    private static final int MOST_CONFLICTS = 3;

    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration FORGETTING = Duration.ofHours(1);

    private final Supplier<@Nullable OpenStore> store;
    private final StoreConfig config;
    private final String node;
    private final ScheduledThreadPoolExecutor thread;
    private volatile @Nullable Thread worker;
    private volatile Supplier<Optional<LedgerFiles>> files = Optional::empty;
    /** As the store has them; those that are not known yet are asked for. */
    private final Map<String, LedgerTail.Mark> marks = new HashMap<>();

    private final Set<String> known = new HashSet<>();
    /** Also those of before a reload, in which there may be lines that are not added yet. */
    private final Set<Path> directories = new LinkedHashSet<>();

    private final Set<Path> unread = new HashSet<>();
    private volatile boolean failing;
    private volatile boolean behind;
    private volatile boolean closing;
    private int conflicts;
    private long forgetAt = System.nanoTime();

    /**
     * @param store the store, if it could be opened so far
     * @param config the node's section on it
     * @param node the identity of the node
     */
    UsageFeed(Supplier<@Nullable OpenStore> store, StoreConfig config, String node) {
        this.store = store;
        this.config = config;
        this.node = node;
        this.thread = new ScheduledThreadPoolExecutor(
                1,
                task -> {
                    Thread made = new Thread(task, "llmproxy-usage");
                    made.setDaemon(true);
                    worker = made;
                    return made;
                },
                new ThreadPoolExecutor.DiscardPolicy());
        this.thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /**
     * From now on, what is used is added.
     *
     * @param ledger where the ledger is; nothing while there is none
     */
    void begin(Supplier<Optional<LedgerFiles>> ledger) {
        files = ledger;
        lookAfter(Duration.ZERO);
    }

    /** Adds what is in the files at this moment, but does not wait long for it. */
    void catchUp() {
        if (failing) {
            return;
        }
        try {
            thread.submit(this::addAll).get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | CancellationException e) {
            LOG.debug("the store takes long to add what was used", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Whether this node has more to add than it has added yet. */
    boolean isBehind() {
        return behind || failing;
    }

    private void addAll() {
        boolean more = !failing;
        while (more && !closing) {
            more = add();
        }
    }

    /** A ledger that was never read may be large: the processor is left to others for as long as it was taken from them. */
    private void look() {
        long begin = System.nanoTime();
        Duration pause = period();
        try {
            if (add()) {
                pause = Duration.ofNanos(System.nanoTime() - begin);
            }
            forget();
        } finally {
            lookAfter(pause);
        }
    }

    private Duration period() {
        return config.poll().multipliedBy(POLLS);
    }

    private void lookAfter(Duration pause) {
        var unused = thread.schedule(this::look, pause.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Returns whether there is more to add. */
    private boolean add() {
        try {
            OpenStore opened = store.get();
            files.get().ifPresent(ledger -> directories.addAll(ledger.directories()));
            if (opened == null || directories.isEmpty()) {
                return false;
            }
            boolean more = add(opened.usage(), new LedgerFiles(List.copyOf(directories)));
            conflicts = 0;
            if (failing) {
                LOG.info(
                        "what this node has used is added to the store {} again",
                        opened.database().name());
                failing = false;
            }
            return more;
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            failed(e);
            return false;
        }
    }

    private void failed(Throwable cause) {
        // Whether the last sums were stored may be unknown.
        marks.clear();
        known.clear();
        boolean moved = cause instanceof StoreException refused && refused.kind() == StoreException.Kind.CONFLICT;
        // The process before this one may have added the last of what it used.
        if (moved && ++conflicts < MOST_CONFLICTS) {
            return;
        }
        if (!failing) {
            LOG.warn(
                    "what this node has used cannot be added to the store; it is tried again, and the ledger keeps it meanwhile: {}",
                    cause instanceof StoreException ? cause.getMessage() : RootCause.of(cause));
            failing = true;
        }
    }

    /** Returns whether there is more to add. */
    private boolean add(UsageHours usage, LedgerFiles ledger) throws IOException {
        LedgerTail tail = new LedgerTail(ledger);
        learn(usage, tail.runs());
        LedgerTail.Part part = tail.read(marks.values(), MOST_LINES);
        part.unread().forEach((file, why) -> {
            if (unread.add(file)) {
                LOG.warn("what {} says cannot be added to the store, and is tried again: {}", file, why);
            }
        });
        List<UsageHours.Move> moves = new ArrayList<>();
        for (LedgerTail.Mark to : part.marks()) {
            LedgerTail.Mark from = marks.get(to.run());
            if (!to.equals(from)) {
                moves.add(new UsageHours.Move(from == null ? null : stored(from), stored(to)));
            }
        }
        if (!moves.isEmpty()) {
            usage.add(
                    node,
                    part.used().stream()
                            .flatMap(used -> StoreUsage.rows(used).stream())
                            .toList(),
                    moves);
            part.marks().forEach(mark -> marks.put(mark.run(), mark));
        }
        behind = part.more() || !part.unread().isEmpty();
        return part.more();
    }

    private void learn(UsageHours usage, Set<String> runs) {
        marks.keySet().retainAll(runs);
        known.retainAll(runs);
        Set<String> unknown = runs.stream().filter(run -> !known.contains(run)).collect(Collectors.toSet());
        usage.marks(unknown)
                .forEach(mark -> marks.put(
                        mark.run(), new LedgerTail.Mark(mark.run(), mark.file(), mark.position(), mark.record())));
        known.addAll(unknown);
    }

    private static UsageHours.Mark stored(LedgerTail.Mark mark) {
        return new UsageHours.Mark(mark.run(), mark.file(), mark.position(), mark.record());
    }

    private void forget() {
        OpenStore opened = store.get();
        if (opened == null || config.usageRetainFor().isZero() || System.nanoTime() - forgetAt < 0) {
            return;
        }
        forgetAt = System.nanoTime() + FORGETTING.toNanos();
        try {
            if (opened.usage().forget(config.usageRetainFor())) {
                forgetAt = System.nanoTime();
            }
        } catch (StoreException e) {
            LOG.debug("old hours are forgotten later", e);
        }
    }

    /** What ended before is added, unless the store does not answer: then the next start adds it. */
    @Override
    public void close() {
        try {
            catchUp();
        } catch (RuntimeException e) {
            LOG.warn("the last of what this node has used is not added to the store: {}", RootCause.of(e));
        }
        // Not interrupted: H2 would close its file.
        closing = true;
        thread.shutdown();
        Thread last = worker;
        try {
            if (last != null) {
                last.join(PATIENCE.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
