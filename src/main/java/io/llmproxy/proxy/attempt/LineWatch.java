package io.llmproxy.proxy.attempt;

import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.Line;

/**
 * Tells of one request that waits in a line. A request may leave in the moment when it enters, so that both may be told in either order.
 *
 * @param since when it began to wait, in nanoseconds
 */
public record LineWatch(Exchange exchange, Line line, long since) {
    /** It waits. */
    public void entered() {
        exchange.queued(line);
    }

    /** It waits no more, be it that its turn has come, that it took too long, or that its client has left. */
    public void left() {
        exchange.unqueued(line, System.nanoTime() - since);
    }
}
