package io.llmproxy.breaker;

import io.llmproxy.config.BreakerConfig;
import io.smallrye.faulttolerance.api.CircuitBreakerState;
import io.smallrye.faulttolerance.api.TypedGuard;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.jspecify.annotations.Nullable;

/**
 * A breaker whose window and states are those of SmallRye Fault Tolerance. SmallRye knows no call without an outcome, and
 * a probe that never ends would block it for good. So it is told of a call when its outcome is known, and who may call
 * is decided here.
 */
final class SmallRyeCircuitBreaker implements CircuitBreaker {
    private static final int PROBES = 3;
    private static final long SHORTEST_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final BreakerConfig config;
    private final AtomicInteger resets = new AtomicInteger();
    private volatile TypedGuard<Boolean> guard;
    private final Listener listener;
    private final long cooldownNanos;
    private final long patienceNanos;
    private volatile Phase phase = new Phase(State.CLOSED, 0);
    private volatile long lastReportNanos;

    SmallRyeCircuitBreaker(BreakerConfig config, Listener listener) {
        this.listener = listener;
        this.cooldownNanos = config.cooldown().toNanos();
        this.patienceNanos = Math.max(cooldownNanos, SHORTEST_PATIENCE_NANOS);
        this.config = config;
        this.guard = guard(0);
    }

    /** What one that was reset says of its state no longer counts: its timer may still run. */
    private TypedGuard<Boolean> guard(int round) {
        // Without a name: one can be used only once, and a reload makes every breaker anew.
        return TypedGuard.create(Boolean.class)
                .withCircuitBreaker()
                .requestVolumeThreshold(config.window())
                .failureRatio(config.threshold())
                .delay(config.cooldown().toMillis(), ChronoUnit.MILLIS)
                .successThreshold(PROBES)
                .onStateChange(state -> {
                    if (resets.get() == round) {
                        changed(state);
                    }
                })
                .done()
                .build();
    }

    @Override
    public State state() {
        return phase.state;
    }

    @Override
    public void reset(long nowNanos) {
        guard = guard(resets.incrementAndGet());
        State before = phase.state;
        phase = new Phase(State.CLOSED, nowNanos);
        if (before != State.CLOSED) {
            listener.changed(before, State.CLOSED);
        }
    }

    @Override
    public @Nullable Permit tryAcquire(long nowNanos) {
        Phase current = phase;
        if (current.isClosed()) {
            return new Call(current, nowNanos);
        }
        return current.letsProbesThrough(nowNanos, cooldownNanos) ? tryProbe(current, nowNanos) : null;
    }

    @Override
    public boolean isPermitting(long nowNanos) {
        Phase current = phase;
        return current.isClosed()
                || (current.letsProbesThrough(nowNanos, cooldownNanos) && isDue(current.probe.get(), nowNanos));
    }

    @Override
    public long remainingNanos(long nowNanos) {
        Phase current = phase;
        return current.state == State.OPEN ? Math.max(0, cooldownNanos - (nowNanos - current.sinceNanos)) : 0;
    }

    private @Nullable Permit tryProbe(Phase current, long nowNanos) {
        Call last = current.probe.get();
        if (!isDue(last, nowNanos)) {
            return null;
        }
        Call next = new Call(current, nowNanos);
        return current.probe.compareAndSet(last, next) ? next : null;
    }

    /** Whether no probe is on its way, or one for so long that it is given up. */
    private boolean isDue(@Nullable Call last, long nowNanos) {
        return last == null || nowNanos - last.startNanos >= patienceNanos;
    }

    private void record(Supplier<Boolean> outcome, long nowNanos) {
        lastReportNanos = nowNanos;
        try {
            var unused = guard.get(outcome);
        } catch (Failure | CircuitBreakerOpenException e) {
            // The failure is the one just told. And a probe may come back while SmallRye, which counts milliseconds, is
            // still open: then another follows.
        }
    }

    private static Boolean succeed() {
        return true;
    }

    private static Boolean fail() {
        throw new Failure();
    }

    private void changed(CircuitBreakerState state) {
        switch (state) {
            case CLOSED -> enter(State.CLOSED);
            case OPEN -> enter(State.OPEN);
            case HALF_OPEN -> halfOpen(phase);
        }
    }

    private void enter(State state) {
        Phase last = phase;
        phase = new Phase(state, lastReportNanos);
        listener.changed(last.state, state);
    }

    private void halfOpen(Phase open) {
        if (open.state == State.OPEN) {
            open.state = State.HALF_OPEN;
            listener.changed(State.OPEN, State.HALF_OPEN);
        }
    }

    /**
     * A time for which the breaker is closed, or one for which it is not. Being half open is the second part of being open:
     * a call that comes when the cooldown is over is a probe, whether SmallRye's timer has fired already or not.
     */
    private static final class Phase {
        final long sinceNanos;
        final AtomicReference<@Nullable Call> probe = new AtomicReference<>();
        volatile State state;

        Phase(State state, long sinceNanos) {
            this.state = state;
            this.sinceNanos = sinceNanos;
        }

        boolean isClosed() {
            return state == State.CLOSED;
        }

        boolean letsProbesThrough(long nowNanos, long cooldownNanos) {
            return state == State.HALF_OPEN || nowNanos - sinceNanos >= cooldownNanos;
        }
    }

    private final class Call implements Permit {
        private final Phase origin;
        private final long startNanos;
        private final AtomicBoolean reported = new AtomicBoolean();

        Call(Phase origin, long startNanos) {
            this.origin = origin;
            this.startNanos = startNanos;
        }

        @Override
        public boolean isProbe() {
            return !origin.isClosed();
        }

        @Override
        public void succeeded(long nowNanos) {
            report(SmallRyeCircuitBreaker::succeed, nowNanos);
        }

        @Override
        public void failed(long nowNanos) {
            report(SmallRyeCircuitBreaker::fail, nowNanos);
        }

        @Override
        public void dropped() {
            if (reported.compareAndSet(false, true)) {
                origin.probe.compareAndSet(this, null);
            }
        }

        private void report(Supplier<Boolean> outcome, long nowNanos) {
            if (reported.compareAndSet(false, true)) {
                if (phase == origin) {
                    record(outcome, nowNanos);
                }
                // Only now: what the probe has told may have changed the state.
                origin.probe.compareAndSet(this, null);
            }
        }
    }

    /** A failed call, as SmallRye is told of it. */
    private static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failure() {
            super("the call has failed", null, false, false);
        }
    }
}
