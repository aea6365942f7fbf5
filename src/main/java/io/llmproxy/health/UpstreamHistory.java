package io.llmproxy.health;

import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** What came of the last calls to each upstream. As large as the configuration has upstreams, however much is called. */
public final class UpstreamHistory {
    private final ConcurrentMap<String, RecentCalls> upstreams = new ConcurrentHashMap<>();

    /**
     * An upstream was called.
     *
     * @param upstream its name
     * @param nanos time to the head of its answer, or to the failure
     */
    public void called(String upstream, long nanos) {
        calls(upstream).called(nanos, System.nanoTime());
    }

    /**
     * A call has failed, or its answer broke off.
     *
     * @param upstream name of the upstream
     * @param error code of the gateway, or {@code upstream_error}
     * @param status of the answer; 0 if there was none
     */
    public void failed(String upstream, String error, int status) {
        calls(upstream).failed(error, status, System.nanoTime());
    }

    /** How many calls of an upstream there were since the start, as long as the configuration has had it. */
    public long requests(String upstream) {
        RecentCalls calls = of(upstream);
        return calls == null ? 0 : calls.requests();
    }

    /** How many of them failed. */
    public long errors(String upstream) {
        RecentCalls calls = of(upstream);
        return calls == null ? 0 : calls.errors();
    }

    /** Forgets the upstreams that the configuration in use does not have. */
    public void retain(Collection<String> names) {
        upstreams.keySet().retainAll(names);
    }

    /** The last calls of an upstream; null if there were none. */
    public @Nullable RecentCalls of(String upstream) {
        return upstreams.get(upstream);
    }

    private RecentCalls calls(String upstream) {
        return upstreams.computeIfAbsent(upstream, name -> new RecentCalls());
    }
}
