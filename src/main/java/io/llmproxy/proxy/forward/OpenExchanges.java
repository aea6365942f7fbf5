package io.llmproxy.proxy.forward;

import io.llmproxy.proxy.error.ProxyError;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The exchanges that are open. Ten times a second each of them may see whether its time is up: one walk over what is open
 * costs less than a timer for each step of each exchange, since most of them would be cancelled.
 */
public final class OpenExchanges implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OpenExchanges.class);
    private static final long PERIOD_MILLIS = 100;

    /** How long clients may take over the last words of exchanges that are told to end. */
    private static final Duration FAREWELL = Duration.ofSeconds(2);

    private final Runnable pulse;
    private final Set<Watched> open = ConcurrentHashMap.newKeySet();
    private final ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(
            1,
            task -> {
                Thread thread = new Thread(task, "llmproxy-deadlines");
                thread.setDaemon(true);
                return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());

    /**
     * Makes one that has yet to start.
     *
     * @param pulse told of each look, so that it shows when they end
     */
    public OpenExchanges(Runnable pulse) {
        this.pulse = pulse;
        clock.setRemoveOnCancelPolicy(true);
    }

    /** An exchange, as far as its time is concerned. */
    interface Watched {
        /**
         * Does what is due.
         *
         * @param now the time in nanoseconds
         */
        void checkDeadlines(long now);

        /** Ends as soon as it can, and tells the client why. */
        void breakOff(ProxyError because);

        /** Gives up on a client that has been told and does not answer. */
        void abandon();
    }

    /** Begins to look. */
    public void start() {
        var unused = clock.scheduleWithFixedDelay(this::look, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** How many exchanges are open. */
    public int count() {
        return open.size();
    }

    /**
     * Waits until no exchange is open. Those that still are when the time is over are told to end.
     *
     * @param limit how long they may go on
     * @return how many had to be told
     */
    public int drain(Duration limit) {
        if (isEmptyWithin(limit)) {
            return 0;
        }
        int left = open.size();
        open.forEach(watched -> guarded(() -> watched.breakOff(ProxyError.SHUTTING_DOWN)));
        if (!isEmptyWithin(FAREWELL)) {
            open.forEach(watched -> guarded(watched::abandon));
        }
        return left;
    }

    private boolean isEmptyWithin(Duration limit) {
        long since = System.nanoTime();
        try {
            while (!open.isEmpty()) {
                if (System.nanoTime() - since > limit.toNanos()) {
                    return false;
                }
                TimeUnit.MILLISECONDS.sleep(PERIOD_MILLIS / 4);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }

    /** Does something after a time, unless that is cancelled before: for what cannot wait for the next look. Once closed, nothing. */
    Future<?> after(Duration time, Runnable step) {
        return clock.schedule(() -> guarded(step), time.toNanos(), TimeUnit.NANOSECONDS);
    }

    void watch(Watched watched) {
        open.add(watched);
    }

    void forget(Watched watched) {
        open.remove(watched);
    }

    private void look() {
        guarded(pulse);
        look(System.nanoTime());
    }

    /** Lets each exchange do what is due at a time, in nanoseconds. */
    public void look(long now) {
        for (Watched watched : open) {
            guarded(() -> watched.checkDeadlines(now));
        }
    }

    /** What fails in one exchange, whatever it is, must not be the end of looking after all others. */
    private static void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            log(e);
        }
    }

    private static void log(Throwable failure) {
        try {
            LOG.error("a deadline could not be checked", failure);
        } catch (RuntimeException | Error e) {
            // As when there is no memory: then this cannot be told either.
        }
    }
}
