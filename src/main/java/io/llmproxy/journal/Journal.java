package io.llmproxy.journal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bounded queue, and the one thread that hands what is in it to a sink in batches. Offering an entry never blocks and never
 * throws; what finds no room is for the caller to deal with.
 *
 * <p>The thread is never interrupted, as an interrupt closes the files that it writes.
 *
 * @param <T> the entries
 */
public final class Journal<T> implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);

    /** A caller who has just seen the journal open may still be about to offer something. */
    private static final Duration AFTERMATH = Duration.ofMillis(20);

    /** Wakes the thread that waits for an entry. */
    private static final Object WAKE = new Object();

    private static final Duration AFTER_FAILURE = Duration.ofMillis(500);

    private final BlockingQueue<Object> queue;
    private final Limits limits;
    private final JournalSink<T> sink;
    private final LongSupplier nanos;
    private final Thread worker;
    private final LongAdder failures = new LongAdder();
    private volatile boolean closing;
    private volatile long deadline;

    /**
     * How much of everything.
     *
     * @param capacity entries that wait at most
     * @param batch entries that are written at once at most
     * @param nap how long entries are collected after a batch, so that under load no caller has to wake the thread
     * @param farewell how long the last entries may take
     */
    public record Limits(int capacity, int batch, Duration nap, Duration farewell) {}

    private interface Step {
        void run() throws InterruptedException;
    }

    private Journal(String name, Limits limits, JournalSink<T> sink, LongSupplier nanos) {
        this.queue = new ArrayBlockingQueue<>(limits.capacity());
        this.limits = limits;
        this.sink = sink;
        this.nanos = nanos;
        this.worker = new Thread(this, name);
        worker.setDaemon(true);
    }

    /**
     * Starts one.
     *
     * @param name of the thread
     * @param limits how much of everything
     * @param sink where entries go
     * @param nanos the time
     * @param <T> the entries
     */
    public static <T> Journal<T> start(String name, Limits limits, JournalSink<T> sink, LongSupplier nanos) {
        Journal<T> started = new Journal<>(name, limits, sink, nanos);
        started.worker.start();
        return started;
    }

    /** Puts an entry in, and returns whether there was room. */
    public boolean offer(T entry) {
        return queue.offer(entry);
    }

    /** How often the sink has failed in a way that it should not have. */
    public long failures() {
        return failures.sum();
    }

    /** How many entries wait. */
    public int size() {
        return queue.size();
    }

    /** Lets the thread do what is due in the sink, soon. */
    public void wake() {
        // Where there is no room for it, the thread does not wait for an entry, but perhaps for its sink.
        queue.offer(WAKE);
        LockSupport.unpark(worker);
    }

    /** Lets the thread write what is left, waits for that, but not for long, and returns whether it has ended. */
    public boolean close() {
        deadline = nanos.getAsLong() + limits.farewell().toNanos();
        closing = true;
        wake();
        try {
            worker.join(limits.farewell().plus(AFTERMATH.multipliedBy(2)).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return !worker.isAlive();
    }

    @Override
    public void run() {
        try {
            while (!closing) {
                guarded(this::writeOn);
            }
            guarded(this::writeRest);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        sink.close(take(new ArrayList<>(), Integer.MAX_VALUE));
    }

    /** Sinks do not throw, but memory may run out in them, and then nothing would be written any more. */
    private void guarded(Step step) throws InterruptedException {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            failures.increment();
            LOG.error("{}: what was due was not done", worker.getName(), e);
            LockSupport.parkNanos(AFTER_FAILURE.toNanos());
        }
    }

    private void writeOn() throws InterruptedException {
        Duration pause = sink.tend();
        if (sink.ready()) {
            writeNext(pause);
        } else {
            LockSupport.parkNanos(pause.toNanos());
        }
    }

    private void writeNext(Duration pause) throws InterruptedException {
        Object first = queue.poll(pause.toNanos(), TimeUnit.NANOSECONDS);
        if (first != null && write(first)) {
            LockSupport.parkNanos(limits.nap().toNanos());
        }
    }

    private void writeRest() throws InterruptedException {
        while (deadline - nanos.getAsLong() > 0) {
            Duration pause = sink.tend();
            if (!sink.ready()) {
                LockSupport.parkNanos(Math.min(pause.toNanos(), AFTERMATH.toNanos()));
                continue;
            }
            Object next = queue.poll(AFTERMATH.toNanos(), TimeUnit.NANOSECONDS);
            if (next == null) {
                return;
            }
            write(next);
        }
    }

    private boolean write(Object first) {
        List<Object> taken = new ArrayList<>();
        taken.add(first);
        List<T> batch = take(taken, limits.batch() - 1);
        if (batch.isEmpty()) {
            return false;
        }
        try {
            sink.write(batch);
        } catch (RuntimeException | Error e) {
            sink.lost(batch);
            throw e;
        }
        return true;
    }

    /** All that was offered is a T, or the sign that wakes. */
    @SuppressWarnings("unchecked")
    private List<T> take(List<Object> taken, int most) {
        queue.drainTo(taken, most);
        taken.removeIf(entry -> entry == WAKE);
        return (List<T>) taken;
    }
}
