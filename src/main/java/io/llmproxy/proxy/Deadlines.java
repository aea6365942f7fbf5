package io.llmproxy.proxy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at all exchanges ten times a second and lets each see whether its time is up. One walk over what is open costs
 * less than a timer for each step of each exchange, most of which would be cancelled.
 */
public final class Deadlines implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Deadlines.class);
    private static final long PERIOD_MILLIS = 100;

    private final Runnable pulse;
    private final Set<Watched> open = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "llmproxy-deadlines");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * Makes one that has yet to start.
     *
     * @param pulse told of each look, so that it shows when they end
     */
    public Deadlines(Runnable pulse) {
        this.pulse = pulse;
    }

    /** Something with deadlines. */
    interface Watched {
        /**
         * Does what is due.
         *
         * @param now the time in nanoseconds
         */
        void checkDeadlines(long now);
    }

    /** Begins to look. */
    public void start() {
        var unused = clock.scheduleWithFixedDelay(this::look, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }

    void watch(Watched watched) {
        open.add(watched);
    }

    void forget(Watched watched) {
        open.remove(watched);
    }

    private void look() {
        pulse.run();
        long now = System.nanoTime();
        for (Watched watched : open) {
            try {
                watched.checkDeadlines(now);
            } catch (RuntimeException e) {
                LOG.error("a deadline could not be checked", e);
            }
        }
    }
}
