package io.llmproxy.io;

import java.io.IOException;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.Queue;
import org.eclipse.jetty.io.ManagedSelector;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A selector and the one thread that looks after its connections. What that thread itself wants of the selector, or wants to
 * be done later, takes neither a lock nor a wake-up, as it would if it came from another.
 */
final class EventLoop extends ManagedSelector {
    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);
    private static final ThreadLocal<@Nullable EventLoop> CURRENT = new ThreadLocal<>();

    private final EventLoops owner;
    private final int number;
    private final Queue<Runnable> later = new ArrayDeque<>();
    private final Queue<Runnable> nextRound = new ArrayDeque<>();
    private final Backlog backlog = new Backlog();

    EventLoop(EventLoops owner, int number) {
        super(owner, number);
        this.owner = owner;
        this.number = number;
    }

    /** The loop whose thread asks; null for all other threads, and while the loop is being stopped. */
    static @Nullable EventLoop current() {
        EventLoop current = CURRENT.get();
        return current != null && current.isRunning() ? current : null;
    }

    boolean belongsTo(EventLoops loops) {
        return owner == loops;
    }

    int number() {
        return number;
    }

    /** Does something when all that is selected at the moment has been served. To be called by the loop's own thread. */
    void later(Runnable job) {
        later.add(job);
    }

    /** Does something when all others that can be served have been, once. To be called by the loop's own thread. */
    void nextRound(Runnable job) {
        nextRound.add(job);
    }

    /** Whether whoever is reached now had better be refused; see {@link EventLoops#isOverloaded}. */
    boolean isOverloaded(long maxLag) {
        return backlog.exceeds(maxLag, System.nanoTime());
    }

    @Override
    public void submit(SelectorUpdate update) {
        Selector selector = CURRENT.get() == this ? getSelector() : null;
        if (selector == null) {
            super.submit(update);
        } else {
            update.update(selector);
        }
    }

    @Override
    protected int nioSelect(Selector selector, boolean now) throws IOException {
        if (CURRENT.get() != this) {
            CURRENT.set(this);
        }
        runAll(later);
        for (int turns = nextRound.size(); turns > 0; turns--) {
            run(nextRound.remove());
            runAll(later);
        }
        backlog.end(System.nanoTime(), owner.maxLag());
        int selected = super.nioSelect(selector, now || !nextRound.isEmpty());
        backlog.begin(System.nanoTime());
        return selected;
    }

    private static void runAll(Queue<Runnable> jobs) {
        for (Runnable job = jobs.poll(); job != null; job = jobs.poll()) {
            run(job);
        }
    }

    private static void run(Runnable job) {
        try {
            job.run();
        } catch (RuntimeException | Error e) {
            LOG.warn("{} failed", job, e);
        }
    }
}
