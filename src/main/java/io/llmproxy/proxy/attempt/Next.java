package io.llmproxy.proxy.attempt;

import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.Shed;
import io.llmproxy.proxy.exchange.Verdict;

/** What follows a {@link Setback}. Each kind carries the one reason for it. */
sealed interface Next {
    /** Why the request is sent again, or why it is not. */
    Verdict because();

    /** The request is sent at once to another upstream, or with another key. */
    record Send(Verdict because) implements Next {}

    /**
     * All upstreams may be asked again after a pause.
     *
     * @param nanos how long to wait
     */
    record Pause(Verdict because, long nanos) implements Next {}

    /** Nothing: another attempt of the same request is under way. */
    record GoOn(Verdict because) implements Next {}

    /** The client gets the answer that the upstream gave. */
    record PassOn(Verdict because) implements Next {}

    /**
     * The client gets an error of the gateway's own.
     *
     * @param refusal which one
     */
    record Refuse(Verdict because, Refusal refusal) implements Next {}

    /**
     * The client is turned away because the gateway has too much to do.
     *
     * @param shed what is short
     */
    record TurnAway(Verdict because, Shed shed) implements Next {}
}
