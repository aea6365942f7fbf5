package io.llmproxy.proxy;

import java.time.Duration;

/**
 * An exchange that waits: for its turn, or for the time to try again. Whoever takes it out of the exchange, and nobody else,
 * goes on with the exchange.
 *
 * @param end until when it waits, in nanoseconds
 * @param over goes on when that time has come
 * @param cancel gives up what is waited for
 */
record Pause(long end, Runnable over, Runnable cancel) {
    /** Waits for nothing but the time. */
    static Pause until(long end, Runnable over) {
        return new Pause(end, over, () -> {});
    }

    /** Waits in a line, for a limited time. */
    static Pause inLine(long now, Duration limit, Runnable over, Runnable cancel) {
        return new Pause(now + limit.toNanos(), over, cancel);
    }

    boolean isOver(long now) {
        return now - end >= 0;
    }
}
