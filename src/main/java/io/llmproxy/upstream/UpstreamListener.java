package io.llmproxy.upstream;

import io.llmproxy.breaker.CircuitBreaker.State;
import io.llmproxy.config.UpstreamConfig;
import java.util.List;

/** Looks on as upstreams come and go: metrics. It must neither block nor throw. */
public interface UpstreamListener {
    /** What became of a call, as the breaker of its upstream sees it. */
    enum Call {
        /** The upstream served it. */
        SUCCESS,
        /** The upstream failed it. */
        FAILURE,
        /** It was not made, as the breaker was open and there was no other upstream. */
        REJECTED
    }

    /** A breaker has changed. */
    default void breakerChanged(List<String> groups, UpstreamConfig upstream, State from, State to) {}

    /** A call to an upstream that has a breaker is over, or was not made. */
    default void breakerCalled(String group, UpstreamConfig upstream, Call call) {}

    /**
     * A request failed for the key that it was made with.
     *
     * @param place the place of the key among the upstream's
     */
    default void keyFailed(String upstream, int place, KeyFailure reason) {}

    /** A health check is over. */
    default void healthChecked(String upstream, boolean success) {}

    /** What health checks make of an upstream: at first, and whenever it has changed. */
    default void healthChanged(String upstream, boolean well) {}

    /** There are no more health checks of an upstream. */
    default void healthUnwatched(String upstream) {}
}
