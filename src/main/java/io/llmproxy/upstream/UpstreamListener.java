package io.llmproxy.upstream;

import io.llmproxy.breaker.CircuitBreaker.State;
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
    default void breakerChanged(List<String> groups, String upstream, State from, State to) {}

    /** A call to an upstream that has a breaker is over, or was not made. */
    default void breakerCalled(String group, String upstream, Call call) {}

    /** Health checks have found an upstream well, or not. */
    default void healthChanged(String upstream, boolean well) {}
}
