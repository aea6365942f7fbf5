package io.llmproxy.upstream;

import io.llmproxy.balance.BoundedHash;
import io.llmproxy.balance.LoadBalancer;
import io.llmproxy.balance.Member;
import io.llmproxy.breaker.RetryBudget;
import io.llmproxy.config.AffinityConfig;
import io.llmproxy.config.BalanceConfig;
import io.llmproxy.config.BalanceConfig.UnknownResources;
import io.llmproxy.config.ConversionConfig;
import io.llmproxy.config.GroupConfig;
import io.llmproxy.config.HealthCheckConfig;
import io.llmproxy.config.HttpClientConfig;
import io.llmproxy.config.MemberConfig;
import io.llmproxy.resource.ResourceHomes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.jetty.client.HttpClient;
import org.jspecify.annotations.Nullable;

/** A set of upstreams that serve the same requests, and the way one of them is chosen. */
public final class UpstreamGroup {
    /** The affinity of a request that has nothing in common with others. */
    public static final long NO_AFFINITY = 0;

    /** The affinity of a request that goes to the first upstream that can be had, in the order of the configuration. */
    public static final long IN_ORDER = Long.MIN_VALUE;

    private static final int MOST_CANDIDATES = 16;
    private static final HealthCheckConfig TEST =
            new HealthCheckConfig(null, "GET", null, List.of(), Duration.ofMinutes(1), Duration.ofSeconds(5), 1, 1);

    private final GroupConfig config;
    private final List<Reachable> members;
    private final LoadBalancer balancer;
    private final @Nullable BoundedHash homes;
    private final @Nullable ResourceHomes<ResourceHome> resources;
    private final RetryBudget budget;
    private final @Nullable Hedging hedging;
    private final boolean distinguishesModels;
    private final boolean converts;

    private UpstreamGroup(
            GroupConfig config,
            List<Reachable> members,
            LoadBalancer balancer,
            ResourceHomes<ResourceHome> resources,
            RetryBudget budget,
            @Nullable Hedging hedging) {
        this.config = config;
        this.members = List.copyOf(members);
        this.balancer = balancer;
        this.homes = homes(config, members);
        boolean several = members.size() > 1 || members.get(0).upstream().keys().isSeveral();
        boolean strict = config.balance().unknownResources() == UnknownResources.REFUSE;
        this.resources = (several || strict) && config.balance().resources() ? resources : null;
        this.budget = budget;
        this.hedging = hedging;
        this.distinguishesModels = members.stream()
                .anyMatch(member -> !member.upstream().config().models().isAll());
        this.converts = config.convert() != GroupConfig.Convert.NEVER
                && members.stream().anyMatch(member -> member.upstream().isApiKnown());
    }

    private static @Nullable BoundedHash homes(GroupConfig config, List<Reachable> members) {
        AffinityConfig affinity = config.balance().affinity();
        List<String> names =
                members.stream().map(member -> member.upstream().name()).toList();
        return affinity == null ? null : new BoundedHash(names, balanced(members), affinity.bound());
    }

    /** An upstream as the group's settings reach it. */
    record Reachable(Upstream upstream, int weight, HttpClient client) {}

    /**
     * What part an upstream has in a group.
     *
     * @param upstream name of the upstream
     * @param weight its weight, as configured
     * @param effective its weight at the moment: 0 while it is not asked, and less than configured after failures if the group's
     *     balancer is adaptive
     */
    public record Share(String upstream, int weight, double effective) {}

    /** Makes a group; its balancer goes on where the one before it stood, if that had the same to choose from. */
    static UpstreamGroup of(
            GroupConfig config,
            Map<String, Upstream> upstreams,
            UpstreamHttp http,
            ResourceHomes<ResourceHome> resources,
            @Nullable UpstreamGroup before) {
        List<Reachable> members = new ArrayList<>();
        for (MemberConfig member : config.upstreams()) {
            Upstream upstream = Objects.requireNonNull(upstreams.get(member.name()));
            Integer weight = member.weight();
            members.add(new Reachable(
                    upstream,
                    weight == null ? upstream.config().weight() : weight,
                    http.client(config.httpClient(), upstream.config())));
        }
        LoadBalancer balancer = before != null && before.balances(config, members)
                ? before.balancer
                : LoadBalancer.of(config.balance().strategy(), balanced(members));
        RetryBudget budget = before == null ? new RetryBudget(System.nanoTime()) : before.budget;
        Hedging hedging = Hedging.of(config.hedge(), before == null ? null : before.hedging);
        return new UpstreamGroup(config, members, balancer, resources, budget, hedging);
    }

    private boolean balances(GroupConfig other, List<Reachable> among) {
        return config.balance().strategy() == other.balance().strategy()
                && balanced(members).equals(balanced(among));
    }

    private static List<Member> balanced(List<Reachable> members) {
        return members.stream()
                .map(member -> new Member(member.upstream().load(), member.weight()))
                .toList();
    }

    /** The name from the configuration; also a metric label. */
    public String name() {
        return config.name();
    }

    /** How one of its upstreams is chosen, as the configuration calls it. */
    public String balancer() {
        return config.balance().strategy().name().toLowerCase(Locale.ROOT);
    }

    /** Which requests go to the same upstream; null if that does not matter. */
    public @Nullable AffinityConfig affinity() {
        return config.balance().affinity();
    }

    /** Which of its upstreams keeps what; null if that does not matter, as there is only one, or by configuration. */
    public @Nullable ResourceHomes<ResourceHome> resources() {
        return resources;
    }

    /** What is done with a request that names something that {@link #resources} do not know. */
    public UnknownResources unknownResources() {
        return config.balance().unknownResources();
    }

    /** What part each upstream has at the moment, in nanoseconds. */
    public List<Share> shares(long now) {
        boolean adaptive = config.balance().strategy() == BalanceConfig.Strategy.ADAPTIVE;
        return members.stream()
                .map(member -> {
                    Upstream upstream = member.upstream();
                    double part = adaptive ? upstream.load().multiplier(now) : 1;
                    double effective = upstream.standing(now).isUp() ? member.weight() * part : 0;
                    return new Share(upstream.name(), member.weight(), effective);
                })
                .toList();
    }

    /** How the group's upstreams are spoken to. */
    public HttpClientConfig settings() {
        return config.httpClient();
    }

    /** When an upstream of another API than the client's serves a request. */
    public GroupConfig.Convert convert() {
        return config.convert();
    }

    /** Whether one of its upstreams may serve clients of another API than its own. */
    public boolean converts() {
        return converts;
    }

    /** How requests and answers are converted. */
    public ConversionConfig conversion() {
        return config.conversion();
    }

    /** Any of the group's clients. */
    public HttpClient client() {
        return members.get(0).client();
    }

    Set<HttpClient> clients() {
        return members.stream().map(Reachable::client).collect(Collectors.toUnmodifiableSet());
    }

    List<CheckedUpstream> checked() {
        List<CheckedUpstream> checked = new ArrayList<>();
        for (Reachable member : members) {
            HealthCheckConfig check = member.upstream().config().healthCheck();
            if (check != null && member.upstream().config().enabled()) {
                checked.add(new CheckedUpstream(
                        member.upstream(), check, member.client(), settings().agent()));
            }
        }
        return checked;
    }

    /** How a member is looked at when an operator asks: as by its health check, or as the provider's usual one does. */
    Optional<CheckedUpstream> test(String name) {
        return members.stream()
                .filter(member -> member.upstream().name().equals(name))
                .map(member -> {
                    HealthCheckConfig check = member.upstream().config().healthCheck();
                    return new CheckedUpstream(
                            member.upstream(),
                            check == null ? TEST : check,
                            member.client(),
                            settings().agent());
                })
                .findFirst();
    }

    /** All its upstreams. */
    public Stream<Upstream> upstreams() {
        return members.stream().map(Reachable::upstream);
    }

    /** The member of a name; null if there is none. */
    public @Nullable Upstream member(String name) {
        for (Reachable member : members) {
            if (member.upstream().name().equals(name)) {
                return member.upstream();
            }
        }
        return null;
    }

    /** The name or the pattern by which one of its upstreams knows a model; null if none names it. */
    public @Nullable String configured(String model) {
        for (Reachable member : members) {
            String configured = member.upstream().config().models().configured(model);
            if (configured != null) {
                return configured;
            }
        }
        return null;
    }

    /** Whether its upstreams serve some models only, or have names of their own for them. */
    public boolean distinguishesModels() {
        return distinguishesModels;
    }

    /** The models that its upstreams name one by one; those that only patterns stand for are not among them. */
    public Set<String> modelNames() {
        return members.stream()
                .flatMap(member -> member.upstream().config().models().names().stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Bounds how often requests are sent again. */
    public RetryBudget budget() {
        return budget;
    }

    /** When a stream is late, so that a second upstream is asked; null if none ever is. */
    public @Nullable Hedging hedging() {
        return hedging;
    }

    /**
     * Chooses an upstream, and the key to ask it with.
     *
     * @param acceptable which of the upstreams may be chosen, such as those that serve the request and were not tried yet
     * @param spent the keys that may not be chosen, as they were tried
     * @param now the time in nanoseconds
     * @return the right to use it, or null if none may be chosen
     */
    public @Nullable Lease acquire(Predicate<Upstream> acceptable, Set<UpstreamKey> spent, long now) {
        return acquire(acceptable, spent, NO_AFFINITY, now);
    }

    /**
     * Chooses an upstream, and the key to ask it with.
     *
     * @param acceptable which of the upstreams may be chosen, such as those that serve the request and were not tried yet
     * @param spent the keys that may not be chosen, as they were tried
     * @param affinity what the request has in common with others that go to the same upstream; {@link #NO_AFFINITY} for nothing
     * @param now the time in nanoseconds
     * @return the right to use it, or null if none may be chosen
     */
    public @Nullable Lease acquire(Predicate<Upstream> acceptable, Set<UpstreamKey> spent, long affinity, long now) {
        // Another thread may take what was free when it was picked: a slot, or the only probe of a breaker.
        for (int tries = 0; tries <= members.size(); tries++) {
            int chosen = pick(index -> isFree(upstream(index), acceptable, spent, now), affinity, now);
            if (chosen < 0) {
                return null;
            }
            UpstreamKey key = upstream(chosen).keys().pick(spent, now);
            Lease lease = key == null ? null : Lease.tryAcquire(this, members.get(chosen), key, now);
            if (lease != null) {
                return lease;
            }
        }
        return null;
    }

    private int pick(IntPredicate selectable, long affinity, long now) {
        if (affinity == IN_ORDER) {
            return firstOf(selectable);
        }
        return homes == null || affinity == NO_AFFINITY
                ? balancer.pick(selectable, now)
                : homes.pick(affinity, selectable);
    }

    private int firstOf(IntPredicate selectable) {
        for (int index = 0; index < members.size(); index++) {
            if (selectable.test(index)) {
                return index;
            }
        }
        return LoadBalancer.NONE;
    }

    /**
     * Tells whether a request has met the upstream that it belongs to.
     *
     * @param chosen the upstream that it goes to
     * @param acceptable which of the upstreams it could have gone to
     * @param spent the keys that it could not have been sent with
     * @param affinity what it has in common with others; {@link #NO_AFFINITY} for nothing
     * @param now the time in nanoseconds
     * @return null if that does not matter in this group
     */
    public @Nullable Placement placement(
            Upstream chosen, Predicate<Upstream> acceptable, Set<UpstreamKey> spent, long affinity, long now) {
        if (homes == null) {
            return null;
        }
        if (affinity == NO_AFFINITY || affinity == IN_ORDER) {
            return Placement.UNBOUND;
        }
        Upstream home = upstream(homes.home(affinity));
        if (home == chosen) {
            return Placement.HOME;
        }
        return isFree(home, acceptable, spent, now) ? Placement.SPILLED : Placement.AWAY;
    }

    /**
     * Tells how the first upstreams stand for one request.
     *
     * @param chosen name of the one that was just chosen: it may be full by that; null for none
     * @param unfit why the request is not sent to an upstream in whatever state; null if it may be
     * @param now the time in nanoseconds
     */
    public List<Candidate> candidates(@Nullable String chosen, Function<Upstream, @Nullable String> unfit, long now) {
        int count = Math.min(members.size(), MOST_CANDIDATES);
        List<Candidate> candidates = new ArrayList<>(count);
        for (int index = 0; index < count; index++) {
            Upstream upstream = upstream(index);
            String excluded = upstream.name().equals(chosen) ? null : unfit.apply(upstream);
            if (excluded == null && !upstream.name().equals(chosen)) {
                Standing standing = upstream.standing(now);
                excluded = standing == Standing.SERVING ? null : standing.label();
            }
            candidates.add(new Candidate(
                    upstream.name(),
                    excluded,
                    upstream.inFlight(),
                    members.get(index).weight()));
        }
        return candidates;
    }

    /** Whether {@link #acquire} may find an upstream; another thread may take what is free now. */
    public boolean hasFree(Predicate<Upstream> acceptable, Set<UpstreamKey> spent, long now) {
        return has(upstream -> isFree(upstream, acceptable, spent, now));
    }

    private static boolean isFree(Upstream upstream, Predicate<Upstream> acceptable, Set<UpstreamKey> spent, long now) {
        return upstream.isAvailable(now)
                && acceptable.test(upstream)
                && upstream.keys().hasGood(spent, now);
    }

    /**
     * Chooses the key whose time is over first, among the upstreams that have all their keys set aside. So a key that works
     * again is found even if there is no other.
     *
     * @return the right to use it, or null if there is none either
     */
    public @Nullable Lease lastResort(Predicate<Upstream> acceptable, Set<UpstreamKey> spent, long now) {
        Reachable soonest = null;
        UpstreamKey key = null;
        for (Reachable member : members) {
            Upstream upstream = member.upstream();
            UpstreamKey candidate = upstream.isAvailable(now) && acceptable.test(upstream)
                    ? upstream.keys().lastResort(spent, now)
                    : null;
            if (candidate != null
                    && (key == null || KeyRing.asideNanos(candidate, now) < KeyRing.asideNanos(key, now))) {
                soonest = member;
                key = candidate;
            }
        }
        return soonest == null || key == null ? null : Lease.tryAcquire(this, soonest, key, now);
    }

    /**
     * Chooses an upstream that could be used if it had a slot.
     *
     * @param affinity what the request has in common with others; {@link #NO_AFFINITY} for nothing
     * @return what can be waited for, or null if no upstream is merely busy
     */
    public @Nullable SlotWait busy(Predicate<Upstream> acceptable, Set<UpstreamKey> spent, long affinity, long now) {
        int chosen = pick(
                index -> upstream(index).isUsable(now)
                        && upstream(index).condition().slots() != null
                        && acceptable.test(upstream(index))
                        && upstream(index).keys().hasGood(spent, now),
                affinity,
                now);
        return chosen < 0 ? null : new SlotWait(this, members.get(chosen), Set.copyOf(spent));
    }

    /** Whether one of the upstreams is of that kind, be it available or not. */
    public boolean has(Predicate<Upstream> kind) {
        for (Reachable member : members) {
            if (kind.test(member.upstream())) {
                return true;
            }
        }
        return false;
    }

    /** Tells that a request was turned away: of the breakers that had a part in it, too. */
    public void rejected(long now) {
        for (Reachable member : members) {
            Upstream upstream = member.upstream();
            if (!upstream.condition().isBreakerPermitting(now)) {
                upstream.listener().breakerCalled(name(), upstream.config(), UpstreamListener.Call.REJECTED);
            }
        }
    }

    /** When one of these upstreams may be available again, in nanoseconds from now; 0 if none is enabled. */
    public long retryAfterNanos(Predicate<Upstream> among, long now) {
        return enabled(among)
                .mapToLong(upstream -> upstream.retryAfterNanos(now))
                .min()
                .orElse(0);
    }

    /** Whether all of these upstreams have asked to be left alone. */
    public boolean isCoolingDown(Predicate<Upstream> among, long now) {
        return enabled(among).findAny().isPresent() && enabled(among).allMatch(upstream -> upstream.isCoolingDown(now));
    }

    private Stream<Upstream> enabled(Predicate<Upstream> among) {
        return members.stream()
                .map(Reachable::upstream)
                .filter(upstream -> upstream.config().enabled())
                .filter(among);
    }

    private Upstream upstream(int index) {
        return members.get(index).upstream();
    }
}
