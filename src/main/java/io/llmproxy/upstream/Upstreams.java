package io.llmproxy.upstream;

import io.llmproxy.config.GroupConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.resource.ResourceHomes;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.eclipse.jetty.client.HttpClient;
import org.jspecify.annotations.Nullable;

/** All upstreams and groups of one configuration: an immutable snapshot. */
public final class Upstreams {
    /** The snapshot before the first configuration. */
    public static final Upstreams NONE = new Upstreams(Map.of(), Map.of(), new ResourceHomes<>());

    private final Map<String, Upstream> upstreams;
    private final Map<String, UpstreamGroup> groups;
    private final ResourceHomes<ResourceHome> homes;

    private Upstreams(
            Map<String, Upstream> upstreams, Map<String, UpstreamGroup> groups, ResourceHomes<ResourceHome> homes) {
        this.upstreams = Map.copyOf(upstreams);
        this.groups = Map.copyOf(groups);
        this.homes = homes;
    }

    /**
     * Builds the snapshot of a configuration; what has not changed since this one is taken over with its state. Building it
     * changes nothing that this one shares with it: that is for {@link #takeOver}.
     *
     * @param config what to build
     * @param http makes the clients, and keeps owning them
     * @param listener told of the ups and downs of the upstreams
     * @return the next snapshot; this one stays as it is
     */
    public Upstreams next(ProxyConfig config, UpstreamHttp http, UpstreamListener listener) {
        Map<String, Upstream> nextUpstreams = new HashMap<>();
        for (UpstreamConfig upstream : config.upstreams()) {
            String name = upstream.name();
            nextUpstreams.put(
                    name,
                    Upstream.of(upstream, groupsOf(name, config), listener, http.blocking(), upstreams.get(name)));
        }
        ResourceHomes<ResourceHome> known = this == NONE ? new ResourceHomes<>() : homes;
        Map<String, UpstreamGroup> nextGroups = new HashMap<>();
        for (GroupConfig group : config.upstreamGroups()) {
            nextGroups.put(group.name(), UpstreamGroup.of(group, nextUpstreams, http, known, groups.get(group.name())));
        }
        return new Upstreams(nextUpstreams, nextGroups, known);
    }

    /** This snapshot is served from now on. */
    public void takeOver() {
        upstreams.values().forEach(Upstream::takeOver);
    }

    /** What is looked at by health checks: each enabled upstream that has one, as the first of its groups, by name, reaches it. */
    public Collection<CheckedUpstream> checked() {
        Map<String, CheckedUpstream> checked = new HashMap<>();
        groups.values().stream()
                .sorted(Comparator.comparing(UpstreamGroup::name))
                .flatMap(group -> group.checked().stream())
                .forEach(upstream -> checked.putIfAbsent(upstream.name(), upstream));
        return List.copyOf(checked.values());
    }

    /** How an upstream is looked at when an operator asks; nothing if no group has it. */
    public Optional<CheckedUpstream> test(String name) {
        return groups().stream().flatMap(group -> group.test(name).stream()).findFirst();
    }

    private static List<String> groupsOf(String upstream, ProxyConfig config) {
        return config.upstreamGroups().stream()
                .filter(group -> group.upstreams().stream()
                        .anyMatch(member -> member.name().equals(upstream)))
                .map(GroupConfig::name)
                .toList();
    }

    /** Which upstream keeps what: the same for all snapshots that follow each other. */
    public ResourceHomes<ResourceHome> resources() {
        return homes;
    }

    /** Whether a group asks which of its upstreams keeps what. */
    public boolean asksForResources() {
        return groups.values().stream().anyMatch(group -> group.resources() != null);
    }

    /** Whether there is a key that other nodes may know as well. */
    public boolean hasSharedKeys() {
        return upstreams.values().stream()
                .anyMatch(upstream -> !upstream.keys().marked().isEmpty());
    }

    /**
     * What providers have told this node: which keys have used up what they may do, by what all nodes call them, and for how much longer,
     * in milliseconds.
     */
    public Map<String, Long> coolingKeys(long now) {
        Map<String, Long> cooling = new HashMap<>();
        for (Upstream upstream : upstreams.values()) {
            upstream.keys().marked().forEach((mark, standing) -> {
                long millis = TimeUnit.NANOSECONDS.toMillis(standing.toldNanos(now));
                if (millis > 0) {
                    cooling.merge(mark, millis, Math::max);
                }
            });
        }
        return cooling;
    }

    /** Providers have told other nodes that these keys have used up what they may do. No key is left alone for longer than its upstream says. */
    public void cool(Map<String, Long> keys, long now) {
        for (Upstream upstream : upstreams.values()) {
            long most = upstream.config().rateLimited().max().toMillis();
            upstream.keys().marked().forEach((mark, standing) -> {
                Long millis = keys.get(mark);
                if (millis != null && millis > 0) {
                    standing.cooldown().until(now + TimeUnit.MILLISECONDS.toNanos(Math.min(millis, most)));
                }
            });
        }
    }

    /** The upstream of a name; null if there is none. */
    @Nullable Upstream named(String name) {
        return upstreams.get(name);
    }

    /** All upstreams, by name. */
    public List<Upstream> all() {
        return upstreams.values().stream()
                .sorted(Comparator.comparing(Upstream::name))
                .toList();
    }

    /** All groups, by name. */
    public List<UpstreamGroup> groups() {
        return groups.values().stream()
                .sorted(Comparator.comparing(UpstreamGroup::name))
                .toList();
    }

    /** Returns the group of that name; the configuration has made sure that there is one. */
    public UpstreamGroup group(String name) {
        return Objects.requireNonNull(groups.get(name), name);
    }

    /** The clients that the groups use. */
    Set<HttpClient> clients() {
        return groups.values().stream()
                .flatMap(group -> group.clients().stream())
                .collect(Collectors.toUnmodifiableSet());
    }
}
