package io.llmproxy.health;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Where the process is between its start and its end. */
@ApplicationScoped
public class Lifecycle {
    private static final long LONGEST_SILENCE = TimeUnit.SECONDS.toNanos(10);

    private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.STARTING);
    private volatile boolean drained;
    private volatile long lastBeat = System.nanoTime();

    /** The phases, in their order. */
    public enum Phase {
        /** The configuration is read, filters and servlets are registered. */
        STARTING,
        /** The process has started, and nothing is served yet: the configuration is in a store that does not answer or is empty. */
        WAITING,
        /** Requests are served. */
        READY,
        /** Exchanges that are open may end; new ones should go elsewhere. */
        DRAINING;

        /** What operators read. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Returns the current phase. */
    public Phase phase() {
        Phase now = Objects.requireNonNull(phase.get());
        return now == Phase.READY && drained ? Phase.DRAINING : now;
    }

    /** Whether the process has begun to stop, which cannot be taken back. */
    public boolean isStopping() {
        return phase.get() == Phase.DRAINING;
    }

    /** As long as operators want it, a process that could serve is draining: it serves what comes, but is not ready. */
    public void drain(boolean on) {
        drained = on;
    }

    /** Goes on to a phase. */
    public void enter(Phase next) {
        phase.set(next);
    }

    /** Goes on to a phase if it is in a certain one now; returns whether it was. */
    public boolean change(Phase from, Phase to) {
        return phase.compareAndSet(from, to);
    }

    /** Requests are served from now on; has no effect on a process that stops already. */
    public void serve() {
        if (!change(Phase.STARTING, Phase.READY)) {
            change(Phase.WAITING, Phase.READY);
        }
    }

    /** The thread that watches over the exchanges is at work. */
    public void beat() {
        lastBeat = System.nanoTime();
    }

    /** Whether that thread was at work within the last ten seconds. */
    public boolean isAlive() {
        return System.nanoTime() - lastBeat < LONGEST_SILENCE;
    }
}
