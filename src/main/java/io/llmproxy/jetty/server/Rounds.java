package io.llmproxy.jetty.server;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.thread.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at something again and again while it runs. A look that fails is logged and does not end the others. */
final class Rounds extends AbstractLifeCycle {
    private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);
    private static final Duration BETWEEN_ERRORS = Duration.ofSeconds(30);

    private final Scheduler scheduler;
    private final long periodMillis;
    private final String failure;
    private final Runnable look;
    private long nextError = System.nanoTime();

    /**
     * @param scheduler runs the looks
     * @param periodMillis the time between two looks, in milliseconds
     * @param failure what a failed look has left undone, for the log
     * @param look one look
     */
    Rounds(Scheduler scheduler, long periodMillis, String failure, Runnable look) {
        this.scheduler = scheduler;
        this.periodMillis = periodMillis;
        this.failure = failure;
        this.look = look;
    }

    @Override
    protected void doStart() {
        next();
    }

    private void next() {
        scheduler.schedule(this::round, periodMillis, TimeUnit.MILLISECONDS);
    }

    private void round() {
        if (!isStarting() && !isStarted()) {
            return;
        }
        try {
            look.run();
        } catch (Throwable e) {
            log(e);
        }
        next();
    }

    private void log(Throwable e) {
        long now = System.nanoTime();
        if (now - nextError >= 0) {
            nextError = now + BETWEEN_ERRORS.toNanos();
            LOG.error("{}; the next check follows", failure, e);
        }
    }
}
