package io.llmproxy.breaker;

import io.llmproxy.config.BreakerConfig;
import org.jspecify.annotations.Nullable;

/**
 * Keeps calls away from an upstream that fails. It opens when too many of the last calls have failed. When it has been
 * open for the cooldown, calls go through as probes, one at a time: three that succeed close it, one that fails opens it
 * again.
 *
 * <p>Times are nanoseconds on the clock of {@link System#nanoTime}, and are not to be chosen freely: the cooldown runs on
 * that clock too. Safe for use by several threads.
 */
public interface CircuitBreaker {

    /** What becomes of a call. */
    enum State {
        /** It goes through. */
        CLOSED,
        /** It does not. */
        OPEN,
        /** It goes through as a probe, if no other is on its way. */
        HALF_OPEN
    }

    /** Is told when the state changes, on the thread that brought it about; is not to block. */
    @FunctionalInterface
    interface Listener {
        /** The state has changed. */
        void changed(State from, State to);
    }

    /**
     * The right to one call, to be given back by telling how the call went. Only what is told first counts. Of a call that
     * was let through before the last change of state nothing is counted any more.
     */
    interface Permit {
        /** Returns whether the call is a probe: others wait for its end. */
        boolean isProbe();

        /** The upstream served the call. */
        void succeeded(long nowNanos);

        /** The upstream failed the call. */
        void failed(long nowNanos);

        /** The call says nothing about the upstream, as when the client left. */
        void dropped();
    }

    /** Makes a breaker that is closed. */
    static CircuitBreaker of(BreakerConfig config, Listener listener) {
        return new SmallRyeCircuitBreaker(config, listener);
    }

    /** Returns the state; it becomes half open without any call. */
    State state();

    /** Closes it, whatever has failed; what is told of calls from before counts no more. */
    void reset(long nowNanos);

    /** Lets a call through, or returns null. */
    @Nullable Permit tryAcquire(long nowNanos);

    /** Returns whether {@link #tryAcquire} would let a call through. */
    boolean isPermitting(long nowNanos);

    /** Returns the time until probes are let through, in nanoseconds; 0 unless open. */
    long remainingNanos(long nowNanos);
}
