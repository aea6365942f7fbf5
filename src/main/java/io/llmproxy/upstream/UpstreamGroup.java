package io.llmproxy.upstream;

import io.llmproxy.balance.LoadBalancer;
import io.llmproxy.config.HttpClientConfig;
import java.util.List;
import java.util.function.Predicate;
import org.eclipse.jetty.client.HttpClient;
import org.jspecify.annotations.Nullable;

/** A set of upstreams that serve the same requests, and the way one of them is chosen. */
public final class UpstreamGroup {
    private final String name;
    private final HttpClientConfig settings;
    private final List<Reachable> members;
    private final LoadBalancer balancer;

    UpstreamGroup(String name, HttpClientConfig settings, List<Reachable> members, LoadBalancer balancer) {
        this.name = name;
        this.settings = settings;
        this.members = List.copyOf(members);
        this.balancer = balancer;
    }

    /** An upstream as the group's settings reach it. */
    record Reachable(Upstream upstream, HttpClient client) {}

    /** The name from the configuration; also a metric label. */
    public String name() {
        return name;
    }

    /** How the group's upstreams are spoken to. */
    public HttpClientConfig settings() {
        return settings;
    }

    /** The group's upstreams, in the order of the configuration. */
    public List<Upstream> upstreams() {
        return members.stream().map(Reachable::upstream).toList();
    }

    /** Any of the group's clients. */
    public HttpClient client() {
        return members.get(0).client();
    }

    /**
     * Chooses an upstream.
     *
     * @param acceptable which of the upstreams may be chosen, such as those that were not tried yet
     * @param now the time in nanoseconds
     * @return the right to use it, or null if none may be chosen
     */
    public @Nullable Lease acquire(Predicate<Upstream> acceptable, long now) {
        int chosen = balancer.pick(index -> acceptable.test(members.get(index).upstream()), now);
        return chosen < 0 ? null : new Lease(members.get(chosen), now);
    }
}
