package io.llmproxy.upstream;

import io.llmproxy.balance.LoadBalancer;
import io.llmproxy.balance.Member;
import io.llmproxy.config.GroupConfig;
import io.llmproxy.config.MemberConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.upstream.UpstreamGroup.Reachable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/** All upstreams and groups of one configuration: an immutable snapshot. */
public final class Upstreams {
    private final Map<String, Upstream> upstreams;
    private final Map<String, UpstreamGroup> groups;

    private Upstreams(Map<String, Upstream> upstreams, Map<String, UpstreamGroup> groups) {
        this.upstreams = upstreams;
        this.groups = groups;
    }

    /** Builds the snapshot; the clients come from {@code http}, which keeps owning them. */
    public static Upstreams of(ProxyConfig config, UpstreamHttp http) {
        Map<String, Upstream> upstreams =
                config.upstreams().stream().collect(Collectors.toUnmodifiableMap(UpstreamConfig::name, Upstream::new));
        Map<String, UpstreamGroup> groups = config.upstreamGroups().stream()
                .map(group -> group(group, upstreams, http))
                .collect(Collectors.toUnmodifiableMap(UpstreamGroup::name, Function.identity()));
        return new Upstreams(upstreams, groups);
    }

    private static UpstreamGroup group(GroupConfig config, Map<String, Upstream> upstreams, UpstreamHttp http) {
        List<Member> members = new ArrayList<>();
        List<Reachable> reachable = new ArrayList<>();
        for (MemberConfig member : config.upstreams()) {
            Upstream upstream = Objects.requireNonNull(upstreams.get(member.name()));
            Integer weight = member.weight();
            members.add(new Member(
                    upstream.load(), weight == null ? upstream.config().weight() : weight));
            reachable.add(new Reachable(upstream, http.client(config.httpClient(), upstream.config())));
        }
        LoadBalancer balancer = LoadBalancer.of(config.balance().strategy(), members);
        return new UpstreamGroup(config.name(), config.httpClient(), reachable, balancer);
    }

    /** Returns the group of that name; the configuration has made sure that there is one. */
    public UpstreamGroup group(String name) {
        return Objects.requireNonNull(groups.get(name), name);
    }

    /** All upstreams. */
    public Collection<Upstream> all() {
        return upstreams.values();
    }
}
