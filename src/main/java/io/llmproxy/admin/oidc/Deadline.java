package io.llmproxy.admin.oidc;

import com.nimbusds.jose.proc.SecurityContext;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Until when the provider has to have answered all that one caller waits for, however many calls that takes.
 *
 * @param end in nanoseconds of the clock
 * @param nanoTime a clock that never goes back
 */
record Deadline(long end, LongSupplier nanoTime) implements SecurityContext {
    /** The one that comes after some time. */
    static Deadline after(Duration time, LongSupplier nanoTime) {
        return new Deadline(nanoTime.getAsLong() + time.toNanos(), nanoTime);
    }

    /** How long one call may take; zero if no time is left. */
    Duration within(Duration patience) {
        Duration left = Duration.ofNanos(Math.max(0, end - nanoTime.getAsLong()));
        return left.compareTo(patience) < 0 ? left : patience;
    }

    /** Waits for a turn; returns whether it has come. */
    boolean awaits(Semaphore turn) {
        try {
            return turn.tryAcquire(Math.max(0, end - nanoTime.getAsLong()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
