package io.llmproxy.cluster;

import java.net.SocketTimeoutException;
import java.time.Duration;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * How long a call may take that may have to ask more than once.
 *
 * @param end when that is over, in nanoseconds
 */
record Patience(long end) {
    /** Begins now. */
    static Patience of(Duration longest) {
        return new Patience(System.nanoTime() + longest.toNanos());
    }

    /**
     * What is left of it, at least a millisecond.
     *
     * @throws JedisConnectionException if nothing is
     */
    Duration left() {
        long nanos = end - System.nanoTime();
        if (nanos <= 0) {
            throw new JedisConnectionException(new SocketTimeoutException("the call as a whole takes too long"));
        }
        return Duration.ofMillis(Math.max(1, Duration.ofNanos(nanos).toMillis()));
    }

    /** Bounds what is asked next. */
    void bound(Jedis open) {
        open.getConnection().setSoTimeout((int) left().toMillis());
    }
}
