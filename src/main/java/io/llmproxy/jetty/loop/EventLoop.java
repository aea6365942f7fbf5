package io.llmproxy.jetty.loop;

import java.io.IOException;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.io.ManagedSelector;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A selector and the one thread that looks after its connections. What that thread itself wants of the selector, or wants to
 * be done later, takes neither a lock nor a wake-up, as it would if it came from another.
 */
public final class EventLoop extends ManagedSelector {
    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);
    private static final ThreadLocal<@Nullable EventLoop> CURRENT = new ThreadLocal<>();

    private final EventLoops owner;
    private final int number;
    private final Queue<Runnable> later = new ArrayDeque<>();
    private final Queue<Runnable> nextRound = new ArrayDeque<>();
    /** What other threads want of the selector. */
    private final Queue<SelectorUpdate> updates = new ConcurrentLinkedQueue<>();
    /** Whether other threads have to wake this one for what they want. */
    private final AtomicBoolean waiting = new AtomicBoolean();

    private final Ready ready;
    private final TimeSlice slice = new TimeSlice();
    private final Backlog backlog = new Backlog();

    EventLoop(EventLoops owner, int number) {
        super(owner, number);
        this.owner = owner;
        this.number = number;
        ready = new Ready(owner.getExecutor());
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

    /** Whether a connection that is reached now had better be refused; see {@link EventLoops#isOverloaded}. */
    boolean isOverloaded(long maxLag) {
        return backlog.exceeds(maxLag, System.nanoTime());
    }

    @Override
    public void submit(SelectorUpdate update) {
        Selector selector = getSelector();
        if (CURRENT.get() == this && selector != null) {
            update.update(selector);
            return;
        }
        updates.add(update);
        if (waiting.compareAndSet(true, false) && selector != null) {
            selector.wakeup();
        }
    }

    /**
     * Selects and serves. Jetty would serve behind this, from the set of what is selected; so it finds nothing there, and comes
     * back for the next round.
     */
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
        int selected = select(selector, now || !nextRound.isEmpty());
        long woken = System.nanoTime();
        backlog.begin(woken, owner.maxLag());
        slice.begin(woken);
        while (ready.serveNext()) {
            slice.share();
            if (backlog.stands() && backlog.delaysUpstreams(owner.maxLag(), System.nanoTime())) {
                ready.takeUpstreams(selector);
            }
        }
        update(selector);
        return ready.leftOthers() && selector.isOpen() ? super.nioSelect(selector, true) : selected;
    }

    private int select(Selector selector, boolean now) throws IOException {
        waiting.set(true);
        int selected = now || !updates.isEmpty() ? selector.selectNow(ready) : selector.select(ready);
        waiting.set(false);
        return selected;
    }

    private void update(Selector selector) {
        for (SelectorUpdate update = updates.poll(); update != null; update = updates.poll()) {
            try {
                update.update(selector);
            } catch (RuntimeException | Error e) {
                LOG.warn("event loop: task {} failed", update, e);
            }
        }
    }

    private void runAll(Queue<Runnable> jobs) {
        for (Runnable job = jobs.poll(); job != null; job = jobs.poll()) {
            run(job);
        }
    }

    private void run(Runnable job) {
        slice.share();
        try {
            job.run();
        } catch (RuntimeException | Error e) {
            LOG.warn("event loop: task {} failed", job, e);
        }
    }
}
