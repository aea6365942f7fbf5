package io.llmproxy.access;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How often something may be tried: so many times at once, and again as time goes on. For each key only the instant is kept at which all
 * of its attempts are there again. The keys that were used last are remembered, 10,000 of them.
 */
public final class Attempts {
    private static final int MOST_KEYS = 10_000;

    private final long nanosPerAttempt;
    private final long nanosToFill;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Long> fullAt = new LinkedHashMap<>(16, 0.75F, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MOST_KEYS;
        }
    };

    /**
     * @param most how many attempts in a period
     * @param nanoTime a clock that never goes back, in nanoseconds since any instant
     */
    public Attempts(int most, Duration period, LongSupplier nanoTime) {
        this.nanosToFill = period.toNanos();
        this.nanosPerAttempt = nanosToFill / most;
        this.nanoTime = nanoTime;
    }

    /** Takes an attempt; returns 0, or the seconds until there is one again. */
    public long take(String key) {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            long missing = missing(key, now);
            long wait = missing + nanosPerAttempt - nanosToFill;
            if (wait > 0) {
                return TimeUnit.NANOSECONDS.toSeconds(wait) + 1;
            }
            fullAt.put(key, now + missing + nanosPerAttempt);
            return 0;
        } finally {
            lock.unlock();
        }
    }

    /** Gives back all that were taken. */
    public void forgive(String key) {
        lock.lock();
        try {
            fullAt.remove(key);
        } finally {
            lock.unlock();
        }
    }

    private long missing(String key, long now) {
        Long full = fullAt.get(key);
        return full == null ? 0 : Math.max(0, full - now);
    }
}
