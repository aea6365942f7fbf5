package io.llmproxy.proxy.exchange;

import io.llmproxy.auth.AuthFailure;
import io.llmproxy.proxy.error.ProxyError;

/** Looks on while requests are forwarded: metrics, the access log. It must neither block nor throw. */
public interface ExchangeListener {
    /** A request came in. */
    default void started(Exchange exchange) {}

    /** The client was not let in. */
    default void unauthenticated(Exchange exchange, AuthFailure failure) {}

    /** The group that serves the request is known. */
    default void routed(Exchange exchange) {}

    /** An upstream answered, or failed to: {@code attempt} tells which one, and how. */
    default void attempted(Exchange exchange, AttemptResult attempt) {}

    /** An upstream's answer broke off after its head had come: {@code failure} tells how. */
    default void brokeOff(Exchange exchange, ProxyError failure) {}

    /**
     * An attempt is over, and it is known what it used: once for each request that was sent to an upstream, also for one that
     * failed, that another followed, or whose client left. It is told before {@link #ended}.
     */
    default void settled(Exchange exchange, SettledAttempt attempt) {}

    /** After an attempt that was not good enough the request is sent again, or is not: {@code why} tells which, and why. */
    default void retried(Exchange exchange, Verdict why) {}

    /** A stream was late: {@code result} tells whether a second upstream was asked, and which of the two was listened to. */
    default void hedged(Exchange exchange, HedgeResult result) {}

    /** The request waits in a line. */
    default void queued(Exchange exchange, Line line) {}

    /** The request waits in that line no more, and did so for {@code nanos}. It may be told before {@link #queued}. */
    default void unqueued(Exchange exchange, Line line, long nanos) {}

    /** The request was turned away as there is too much to do. */
    default void shed(Exchange exchange, Shed because) {}

    /** A session of WebSocket has begun. */
    default void sessionBegan(Exchange exchange) {}

    /** A whole message has gone through a session, to the upstream or to the client. */
    default void messagePassed(Exchange exchange, boolean fromClient) {}

    /** A session of WebSocket is over. It is told before {@link #ended}. */
    default void sessionEnded(Exchange exchange, SessionSummary session) {}

    /** The exchange is over, however it went. Called exactly once for each exchange. */
    default void ended(Exchange exchange) {}
}
