package io.llmproxy.health;

import io.llmproxy.upstream.CheckedUpstream;
import io.llmproxy.upstream.Upstreams;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Looks at the upstreams that have a health check, so that no client has to find out whether they are well. Everything happens
 * on one thread, which waits for nothing but the next time that something is due.
 */
public final class HealthChecks implements AutoCloseable {
    private final ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(
            1,
            task -> {
                Thread thread = new Thread(task, "llmproxy-health");
                thread.setDaemon(true);
                return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    private final Map<String, UpstreamCheck> checks = new HashMap<>();

    private final SharedFindings shared;

    /**
     * Makes one that looks at nothing yet.
     *
     * @param shared what other nodes find
     */
    public HealthChecks(SharedFindings shared) {
        this.shared = shared;
        clock.setRemoveOnCancelPolicy(true);
    }

    /** From now on looks at these upstreams. Where nothing has changed, it goes on with what it knows. */
    public void follow(Upstreams upstreams) {
        Collection<CheckedUpstream> checked = upstreams.checked();
        clock.execute(() -> replaceWith(checked));
    }

    private void replaceWith(Collection<CheckedUpstream> checked) {
        Map<String, CheckedUpstream> next =
                checked.stream().collect(Collectors.toMap(CheckedUpstream::name, Function.identity()));
        checks.values().removeIf(check -> {
            boolean gone = !next.containsKey(check.target().name());
            if (gone) {
                check.stop();
                check.target().upstream().unwatched();
            }
            return gone;
        });
        next.values().forEach(this::watch);
    }

    private void watch(CheckedUpstream target) {
        UpstreamCheck before = checks.get(target.name());
        if (before != null && target.asksLike(before.target())) {
            before.retarget(target);
            return;
        }
        if (before != null) {
            before.stop();
        }
        UpstreamCheck check = new UpstreamCheck(target, clock, shared);
        checks.put(target.name(), check);
        target.upstream().watched();
        check.start();
    }

    /** Looks at nothing any more. */
    @Override
    public void close() {
        clock.shutdownNow();
    }
}
