package io.llmproxy.balance;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The live figures of one upstream: written by the requests that pass through it, read by the balancers of every group
 * that it is a member of. Each figure is exact by itself; no two are read at one instant.
 *
 * <p>A request calls {@link #started} once, {@link #responded} or {@link #overtaken} at most once and {@link #finished} once.
 */
public final class Load {
    /** The time that an upstream is thought to take before it was measured: 2000 ms, in nanoseconds. */
    public static final double ASSUMED_NANOS = TimeUnit.MILLISECONDS.toNanos(2000);

    private static final double LOWEST_SUCCESS_RATE = 0.01;

    private final AtomicInteger inFlight = new AtomicInteger();
    private final MovingAverage responseNanos = new MovingAverage(Double.NaN);
    private final MovingAverage firstByteNanos = new MovingAverage(Double.NaN);
    private final MovingAverage successRate = new MovingAverage(1);
    private final Multiplier multiplier = new Multiplier();
    private volatile long lastFinishedNanos;
    private volatile boolean tried;

    /** How a request ended, as far as the upstream is to blame. */
    public enum Outcome {
        /** The upstream served the request. */
        SUCCESS,
        /** The upstream failed it. */
        FAILURE,
        /** The upstream works, and is asked more than it will serve. */
        THROTTLED,
        /** The upstream works, and would not wait for the rest of the request. */
        TIMED_OUT,
        /** Says nothing about the upstream, as when the client left or had sent nonsense. */
        NEUTRAL
    }

    /** A request is on its way to the upstream. */
    public void started() {
        inFlight.getAndIncrement();
    }

    /**
     * The first byte of an answer came that serves the request. Not to be called for an error: it mostly comes fast,
     * and would draw more requests to the upstream that failed.
     *
     * @param nanosSinceStart the time since {@link #started}
     */
    public void responded(long nanosSinceStart) {
        firstByteNanos.add((double) Math.max(1, nanosSinceStart));
    }

    /**
     * The request was given up, as another upstream was faster: whatever this one would have taken, it is more than that.
     *
     * @param nanosSinceStart the time since {@link #started}
     */
    public void overtaken(long nanosSinceStart) {
        firstByteNanos.addAtLeast((double) nanosSinceStart, ASSUMED_NANOS);
        responseNanos.addAtLeast((double) nanosSinceStart, ASSUMED_NANOS);
    }

    /**
     * A request ended. Only a success counts towards the response time, and only it and a failure towards the success
     * rate; all but a neutral end change the multiplier.
     *
     * @param nanosNow now, on the clock that balancers are given
     * @param nanosSinceStart the time since {@link #started}
     * @param outcome how it ended
     */
    public void finished(long nanosNow, long nanosSinceStart, Outcome outcome) {
        if (outcome == Outcome.SUCCESS) {
            responseNanos.add((double) Math.max(1, nanosSinceStart));
        }
        if (outcome == Outcome.SUCCESS || outcome == Outcome.FAILURE) {
            successRate.add(outcome == Outcome.SUCCESS ? 1 : 0);
        }
        multiplier.add(outcome);
        lastFinishedNanos = nanosNow;
        tried = true;
        // Last, so that an upstream is never seen idle with figures of before this request.
        inFlight.getAndUpdate(count -> Math.max(0, count - 1));
    }

    /**
     * The upstream is used again after it was out: its breaker has closed, or health checks found it well.
     *
     * @param nanosNow now, on the clock that balancers are given
     */
    public void recovered(long nanosNow) {
        multiplier.recovered(nanosNow);
    }

    /** Returns how many requests have started and not finished; never negative. */
    public int inFlight() {
        return inFlight.get();
    }

    /**
     * Returns the average time of a whole response, in nanoseconds; {@link #ASSUMED_NANOS} before the first success.
     */
    public double responseNanos() {
        return responseNanos.orElse(ASSUMED_NANOS);
    }

    /** Returns the average time to the first byte, in nanoseconds; {@link #ASSUMED_NANOS} before the first answer. */
    public double firstByteNanos() {
        return firstByteNanos.orElse(ASSUMED_NANOS);
    }

    /** Returns the average share of successes, between 0.01 and 1; 1 before the first outcome. */
    public double successRate() {
        return Math.max(LOWEST_SUCCESS_RATE, successRate.orElse(1));
    }

    /**
     * Returns which part of its weight the upstream is to get, above 0 and at most 1: 1 before the first outcome.
     *
     * @param nanosNow now, on the clock that {@link #recovered} was told
     */
    public double multiplier(long nanosNow) {
        return multiplier.at(nanosNow);
    }

    /** Returns whether no request has ever finished here and none is on its way. */
    boolean isUntried() {
        return !tried && inFlight.get() == 0;
    }

    /**
     * Returns for how long nothing has been asked of an upstream that was tried before, in nanoseconds; 0 if a request
     * is in flight. Not positive if a request finished after {@code nanosNow} was taken.
     */
    long idleNanos(long nanosNow) {
        return tried && inFlight.get() == 0 ? nanosNow - lastFinishedNanos : 0;
    }
}
