package io.llmproxy.upstream;

import io.llmproxy.balance.Load;
import io.llmproxy.balance.Load.Outcome;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.client.HttpClient;

/**
 * The right to use one upstream for one attempt. It is the only thing that touches the upstream's figures; whoever
 * acquires it closes it.
 */
public final class Lease {
    private final UpstreamGroup.Reachable member;
    private final long acquired;
    private final AtomicBoolean closed = new AtomicBoolean();

    Lease(UpstreamGroup.Reachable member, long now) {
        this.member = member;
        this.acquired = now;
        load().started();
    }

    /** The upstream that may be used. */
    public Upstream upstream() {
        return member.upstream();
    }

    /** The client through which it is reached. */
    public HttpClient client() {
        return member.client();
    }

    /** When the lease was acquired, in nanoseconds. */
    public long acquired() {
        return acquired;
    }

    /**
     * Tells that the head of an answer has come.
     *
     * @param now the time in nanoseconds
     */
    public void responded(long now) {
        load().responded(now - acquired);
    }

    /**
     * Gives the upstream back. Only the first call counts.
     *
     * @param outcome what the attempt says about the upstream
     * @param now the time in nanoseconds
     */
    public void close(Outcome outcome, long now) {
        if (closed.compareAndSet(false, true)) {
            load().finished(now, now - acquired, outcome);
        }
    }

    private Load load() {
        return member.upstream().load();
    }
}
