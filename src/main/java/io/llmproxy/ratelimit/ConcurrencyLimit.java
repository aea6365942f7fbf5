package io.llmproxy.ratelimit;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * So many permits, and a bounded queue of those who wait for one. First come, first served: a permit that is released
 * goes to the one who waits longest, and there is none to take as long as anybody waits.
 */
public final class ConcurrencyLimit {
    /** The waiters that a thread has yet to tell, while it tells one. */
    private static final ThreadLocal<Queue<Waiter>> UNTOLD = new ThreadLocal<>();

    private final int max;
    private final int maxQueued;
    private final ReentrantLock lock = new ReentrantLock();
    private final Set<Waiter> waiters = new LinkedHashSet<>();
    private int active;

    /**
     * Makes a limit with all permits free.
     *
     * @param max how many permits there are, at least 1
     * @param maxQueued how many may wait, at least 0
     */
    public ConcurrencyLimit(int max, int maxQueued) {
        if (max < 1 || maxQueued < 0) {
            throw new IllegalArgumentException(max + ", " + maxQueued + " (expected: at least 1, and at least 0)");
        }
        this.max = max;
        this.maxQueued = maxQueued;
    }

    /** Somebody who waits for a permit. Told apart by {@code equals}, which is best left as it is in {@link Object}. */
    public interface Waiter {
        /**
         * A permit was handed over. The waiter that got it releases it. Called once, and holding no lock, on the
         * thread that released the permit: to return soon, and to throw nothing.
         */
        void granted();
    }

    /** Takes a permit if one is free, which is to be given back with {@link #release}. */
    public boolean tryAcquire() {
        lock.lock();
        try {
            return takeFree();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for a permit. If one is free, it is granted before this method returns.
     *
     * @return false if too many wait, in which case the waiter never hears of it
     * @throws IllegalArgumentException if the waiter is waiting already
     */
    public boolean enqueue(Waiter waiter) {
        lock.lock();
        try {
            if (!takeFree()) {
                return waiters.size() < maxQueued && add(waiter);
            }
        } finally {
            lock.unlock();
        }
        waiter.granted();
        return true;
    }

    /**
     * Stops waiting.
     *
     * @return true if the waiter will never be granted a permit; false if it was granted one, in which case
     *     {@link Waiter#granted} has been called or is about to be, and the permit is to be released
     */
    public boolean cancel(Waiter waiter) {
        lock.lock();
        try {
            return waiters.remove(waiter);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Gives a permit back, to the one who waits longest if anybody does.
     *
     * @throws IllegalStateException if there is no permit that could be given back
     */
    public void release() {
        Waiter next = handOver();
        if (next != null) {
            grant(next);
        }
    }

    /** Returns whether a permit is free. */
    public boolean hasFree() {
        return active() < max;
    }

    /** Returns how many permits are held. */
    public int active() {
        lock.lock();
        try {
            return active;
        } finally {
            lock.unlock();
        }
    }

    /** Returns how many wait. */
    public int queued() {
        lock.lock();
        try {
            return waiters.size();
        } finally {
            lock.unlock();
        }
    }

    private boolean takeFree() {
        if (active == max) {
            return false;
        }
        active++;
        return true;
    }

    private boolean add(Waiter waiter) {
        if (!waiters.add(waiter)) {
            throw new IllegalArgumentException(waiter + " (expected: one that is not waiting)");
        }
        return true;
    }

    /** Returns who has the permit now; null if it is free. */
    private @Nullable Waiter handOver() {
        lock.lock();
        try {
            if (active == 0) {
                throw new IllegalStateException("released more often than acquired");
            }
            Iterator<Waiter> oldest = waiters.iterator();
            if (!oldest.hasNext()) {
                active--;
                return null;
            }
            Waiter next = oldest.next();
            oldest.remove();
            return next;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Tells a waiter, after those that this thread is telling already: waiters that have no use for their permit any
     * more, and release it at once, would otherwise overflow the stack.
     */
    private static void grant(Waiter waiter) {
        Queue<Waiter> untold = UNTOLD.get();
        if (untold != null) {
            untold.add(waiter);
            return;
        }
        Queue<Waiter> further = new ArrayDeque<>();
        UNTOLD.set(further);
        try {
            for (Waiter next = waiter; next != null; next = further.poll()) {
                next.granted();
            }
        } finally {
            UNTOLD.remove();
            // Only if a waiter threw: those behind it have their permits, and have to know.
            further.forEach(ConcurrencyLimit::grant);
        }
    }
}
