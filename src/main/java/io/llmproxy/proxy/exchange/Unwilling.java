package io.llmproxy.proxy.exchange;

import java.net.URI;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The upstreams that have refused to tell usage in streams. After an hour they are asked again: they may have been replaced. */
final class Unwilling {
    static final long NANOS = TimeUnit.HOURS.toNanos(1);

    private final ConcurrentHashMap<URI, Long> since = new ConcurrentHashMap<>();

    /** An upstream has refused. Returns whether that is news. */
    boolean add(URI upstream, long now) {
        boolean known = has(upstream, now);
        since.put(upstream, now);
        return !known;
    }

    /** Whether an upstream has refused lately. */
    boolean has(URI upstream, long now) {
        Long then = since.isEmpty() ? null : since.get(upstream);
        return then != null && now - then < NANOS;
    }
}
