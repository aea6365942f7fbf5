package io.llmproxy.health;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What came of the calls to one upstream in the last minute, and its last errors. Its size is fixed, and to add a call is to
 * add to three numbers.
 */
public final class RecentCalls {
    private static final int SLOTS = 6;
    private static final long SLOT_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int ERRORS = 5;

    private final AtomicReferenceArray<@Nullable Slot> slots = new AtomicReferenceArray<>(SLOTS);
    private final AtomicReferenceArray<@Nullable Failure> failures = new AtomicReferenceArray<>(ERRORS);
    private final AtomicLong failed = new AtomicLong();
    private final LongAdder all = new LongAdder();

    /**
     * A call that failed.
     *
     * @param error code of the gateway, or {@code upstream_error}
     * @param status of the answer; 0 if there was none
     * @param at when, in nanoseconds
     */
    public record Failure(String error, int status, long at) {}

    /**
     * The calls of the last minute.
     *
     * @param requests how many
     * @param errors how many of them failed
     * @param times to the head of their answers; no more exact than a fifth
     */
    public record Minute(int requests, int errors, Times times) {
        /** The part of the calls that failed, from 0 to 1. An answer that broke off may belong to a call of a minute before. */
        public double errorRate() {
            double rate = errors / (double) Math.max(1, requests);
            return Math.round(Math.min(1, rate) * 1000) / 1000.0;
        }
    }

    /** Times in nanoseconds that so many per cent of the calls were not above. */
    public record Times(long p50, long p95, long p99) {}

    /** Ten seconds. */
    private static final class Slot {
        final long number;
        final AtomicInteger errors = new AtomicInteger();
        final AtomicIntegerArray times = new AtomicIntegerArray(Latency.BUCKETS);

        Slot(long number) {
            this.number = number;
        }
    }

    /** A call has been answered, or has failed, so many nanoseconds after it was made. */
    void called(long nanos, long now) {
        all.increment();
        slot(now).times.incrementAndGet(Latency.bucket(nanos));
    }

    /** A call has failed; one that was answered before, as its answer broke off, too. */
    void failed(String error, int status, long now) {
        slot(now).errors.incrementAndGet();
        failures.set((int) Math.floorMod(failed.getAndIncrement(), (long) ERRORS), new Failure(error, status, now));
    }

    private Slot slot(long now) {
        long number = Math.floorDiv(now, SLOT_NANOS);
        int index = (int) Math.floorMod(number, (long) SLOTS);
        Slot slot = slots.get(index);
        if (slot != null && slot.number == number) {
            return slot;
        }
        Slot fresh = new Slot(number);
        // A late thread may count in a slot that is not read any more: one call in ten seconds may be lost.
        return slots.compareAndSet(index, slot, fresh) ? fresh : slot(now);
    }

    /** How many calls there were, ever. */
    long requests() {
        return all.sum();
    }

    /** How many of them failed. */
    long errors() {
        return failed.get();
    }

    /** The calls of the last minute. */
    public Minute minute(long now) {
        long number = Math.floorDiv(now, SLOT_NANOS);
        int[] times = new int[Latency.BUCKETS];
        int requests = 0;
        int errors = 0;
        for (int index = 0; index < SLOTS; index++) {
            Slot slot = slots.get(index);
            if (slot != null && number - slot.number < SLOTS) {
                errors += slot.errors.get();
                for (int bucket = 0; bucket < times.length; bucket++) {
                    int count = slot.times.get(bucket);
                    times[bucket] += count;
                    requests += count;
                }
            }
        }
        return new Minute(
                requests,
                errors,
                new Times(
                        Latency.percentile(times, requests, 0.5),
                        Latency.percentile(times, requests, 0.95),
                        Latency.percentile(times, requests, 0.99)));
    }

    /** The last errors, newest first. */
    public List<Failure> failures() {
        List<Failure> told = new ArrayList<>();
        long next = failed.get();
        for (int back = 1; back <= ERRORS; back++) {
            Failure failure = failures.get((int) Math.floorMod(next - back, (long) ERRORS));
            if (failure != null) {
                told.add(failure);
            }
        }
        return told;
    }
}
