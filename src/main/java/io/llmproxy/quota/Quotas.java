package io.llmproxy.quota;

import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.ScopeConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** All limits of a configuration, and the tree of scopes. What was used of a limit outlives a reload, also if its amount changes. */
public final class Quotas {
    /** No limits. */
    public static final Quotas NONE = new Quotas(List.of(), List.of(), () -> new Moment(0, 0), null, null);

    private final Map<String, ScopeConfig> scopes;
    private final List<LimitConfig> common;
    private final Supplier<Moment> clock;
    private final @Nullable LeaseStore store;
    private final @Nullable Quotas before;
    /** Stands for this in paths, which may be kept for longer. */
    private final Object mark = new Object();

    private final Map<Limit.Id, Meter> meters = new ConcurrentHashMap<>();
    private final Map<Subject, Expectations> expectations = new ConcurrentHashMap<>();

    private Quotas(
            List<ScopeConfig> scopes,
            List<LimitConfig> common,
            Supplier<Moment> clock,
            @Nullable LeaseStore store,
            @Nullable Quotas before) {
        this.store = store;
        this.scopes = scopes.stream().collect(Collectors.toUnmodifiableMap(ScopeConfig::name, Function.identity()));
        this.common = List.copyOf(common);
        this.clock = clock;
        this.before = before;
    }

    /**
     * Returns the limits of a configuration.
     *
     * @param scopes the scopes, whose parents are among them
     * @param common limits for all clients together
     * @param clock tells the time
     * @param store what nodes share limits through; null if each counts for itself
     * @param before those until now, or null
     */
    public static Quotas of(
            List<ScopeConfig> scopes,
            List<LimitConfig> common,
            Supplier<Moment> clock,
            @Nullable LeaseStore store,
            @Nullable Quotas before) {
        Quotas quotas = new Quotas(scopes, common, clock, store, before == null ? null : before.last());
        // A scope may belong to keys that come later, or are not shown for long: what was used of it is handed on
        // nevertheless.
        scopes.forEach(quotas::meters);
        return quotas;
    }

    /** Keeps what is known without those before: a chain of them would grow with each reload. */
    private Quotas last() {
        Quotas last = new Quotas(List.copyOf(scopes.values()), common, clock, store, null);
        last.meters.putAll(meters);
        last.expectations.putAll(expectations);
        return last;
    }

    /** Returns what nodes share limits through; null if each counts for itself. */
    public @Nullable LeaseStore store() {
        return store;
    }

    Object mark() {
        return mark;
    }

    /** Returns the time. */
    public Moment now() {
        return clock.get();
    }

    /** Returns what bounds clients without a key; null if nothing does. */
    public @Nullable LimitPath open() {
        return common.isEmpty() ? null : path(Subject.GATEWAY, List.of(), null);
    }

    /**
     * Returns what bounds a key; null if nothing does.
     *
     * @param key the key
     * @param limits its own
     * @param scope the name of its scope, or null
     */
    public @Nullable LimitPath path(Subject key, List<LimitConfig> limits, @Nullable String scope) {
        if (limits.isEmpty() && scope == null && common.isEmpty()) {
            return null;
        }
        List<Meter> own =
                limits.stream().map(limit -> meter(new Limit(key, limit))).toList();
        return path(own, scope, expectations.computeIfAbsent(key, this::expectations));
    }

    /**
     * Returns what bounds a key that is not part of the configuration. Nothing of the key is kept here.
     *
     * @param key the key
     * @param limits its own
     * @param scope the name of its scope, or null
     * @param accounts what was used of its own limits
     */
    public LimitPath path(Subject key, List<LimitConfig> limits, @Nullable String scope, Accounts accounts) {
        Moment now = clock.get();
        List<Meter> own = limits.stream()
                .map(config -> new Limit(key, config))
                .map(limit -> new Meter(limit, accounts.of(limit, store, now)))
                .toList();
        return path(own, scope, accounts.expectations());
    }

    private LimitPath path(List<Meter> own, @Nullable String scope, Expectations expectations) {
        List<ScopeConfig> above = above(scope);
        List<Meter> all = new ArrayList<>(own);
        above.forEach(each -> all.addAll(meters(each)));
        common.forEach(limit -> all.add(meter(new Limit(Subject.GATEWAY, limit))));
        return new LimitPath(above, all, expectations, scope == null || find(scope) != null, mark);
    }

    private List<Meter> meters(ScopeConfig scope) {
        return scope.limits().stream()
                .map(limit -> meter(new Limit(Subject.scope(scope.name()), limit)))
                .toList();
    }

    private List<ScopeConfig> above(@Nullable String scope) {
        List<ScopeConfig> path = new ArrayList<>();
        for (ScopeConfig each = find(scope); each != null; each = find(each.parent())) {
            path.add(each);
        }
        return path;
    }

    private @Nullable ScopeConfig find(@Nullable String scope) {
        return scope == null ? null : scopes.get(scope);
    }

    private Meter meter(Limit limit) {
        return meters.computeIfAbsent(limit.id(), id -> new Meter(limit, account(limit)));
    }

    private Meter.Account account(Limit limit) {
        Meter known = before == null ? null : before.meters.get(limit.id());
        if (before == null || known == null) {
            return Meter.Account.open(limit, store, clock.get());
        }
        return before.store == store ? known.account() : known.account().in(limit, store, clock.get());
    }

    private Expectations expectations(Subject key) {
        Expectations known = before == null ? null : before.expectations.get(key);
        return known == null ? new Expectations() : known;
    }

    /** Returns how much is left of each limit of the configuration. */
    public List<Standing> standings() {
        return standings(limit -> true);
    }

    /** Returns how much is left of each limit of the configuration that has warnings. */
    public List<Standing> watched() {
        return standings(limit -> !limit.config().warnAt().isEmpty());
    }

    private List<Standing> standings(Predicate<Limit> wanted) {
        Moment now = clock.get();
        return meters.values().stream()
                .filter(meter -> wanted.test(meter.limit()))
                .map(meter -> meter.standing(now))
                .toList();
    }
}
