package io.llmproxy.proxy.attempt;

import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import io.llmproxy.proxy.exchange.AskedModel;
import io.llmproxy.proxy.exchange.AttemptResult;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.Step;
import io.llmproxy.proxy.passage.Conversions;
import io.llmproxy.upstream.Lease;
import io.llmproxy.upstream.SlotWait;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.upstream.UpstreamKey;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Chooses which upstream of a group an exchange asks next, and with which key: none twice in one round. */
public final class Selection {
    private static final Refusal TOO_LARGE = Refusal.of(
            ProxyError.BODY_TOO_LARGE,
            "The body of the request is too large to be converted for an upstream of another API (replay_buffer).");

    private final Exchange exchange;
    private final UpstreamGroup group;
    private final Conversions conversions;
    private final @Nullable AskedModel model;
    private final Predicate<Upstream> fit;
    private final Predicate<Upstream> acceptable;
    private final Resources resources;
    private final long affinity;
    private Set<Upstream> tried = Set.of();
    private Set<Upstream> without = Set.of();
    private Set<UpstreamKey> spent;

    /**
     * @param resources what it names that an upstream keeps
     * @param affinity what the request has in common with others that go to the same upstream
     */
    Selection(Exchange exchange, UpstreamGroup group, Conversions conversions, Resources resources, long affinity) {
        this.exchange = exchange;
        this.group = group;
        this.conversions = conversions;
        this.model = exchange.model();
        this.resources = resources;
        this.affinity = resources.inOrder() ? UpstreamGroup.IN_ORDER : affinity;
        this.spent = resources.blind();
        this.fit = upstream -> unfit(upstream) == null;
        this.acceptable = fit.and(upstream -> !tried.contains(upstream));
    }

    /** Takes an upstream that is free and was not tried yet; null if there is none. */
    @Nullable Lease acquire(long now) {
        Lease alike = conversions.prefersAlike()
                ? group.acquire(acceptable.and(conversions::isAlike), spent, affinity, now)
                : null;
        Lease lease = alike == null ? group.acquire(acceptable, spent, affinity, now) : alike;
        picked(lease, now);
        return lease;
    }

    private void picked(@Nullable Lease lease, long now) {
        String chosen = lease == null ? null : lease.upstream().name();
        int key = lease == null ? 0 : lease.key().place();
        exchange.picked(new Step.Picked(group.candidates(chosen, this::excluded, now), chosen, key));
    }

    /** Why an upstream does not serve this request, whatever state that is in; null if it does. */
    private @Nullable String unfit(Upstream upstream) {
        Upstream keeper = resources.keeper();
        return keeper != null && keeper != upstream
                ? "resource_elsewhere"
                : unfit(
                        conversions.serves(upstream),
                        exchange.mayUse(upstream),
                        model == null || model.isServedBy(upstream));
    }

    /** Why an upstream of that kind does not serve a request. */
    public static @Nullable String unfit(boolean servesApi, boolean servesClient, boolean servesModel) {
        if (!servesApi) {
            return "api_not_served";
        }
        if (!servesClient) {
            return "key_not_allowed";
        }
        return servesModel ? null : "model_not_served";
    }

    /** Why this request is not sent to an upstream now; null if it may be. */
    private @Nullable String excluded(Upstream upstream) {
        String unfit = unfit(upstream);
        return unfit == null && tried.contains(upstream) ? "tried" : unfit;
    }

    /** Whether {@link #acquire} may find one. */
    boolean hasAnother(long now) {
        return group.hasFree(acceptable, spent, now);
    }

    /** Returns what can be waited for; null if no upstream is merely busy. */
    @Nullable SlotWait busy(long now) {
        return group.busy(acceptable, spent, affinity, now);
    }

    /** Takes an upstream whose keys were all refused: one of them may be good by now. Null if there is none either. */
    @Nullable Lease lastResort(long now) {
        return group.lastResort(acceptable, spent, now);
    }

    /** An upstream is asked, with a key: neither is chosen again. */
    void tried(Lease lease) {
        exchange.placed(group.placement(lease.upstream(), acceptable, spent, affinity, lease.acquired()));
        tried = with(tried, lease.upstream());
        spent = with(spent, lease.key());
    }

    /** The upstream may be chosen again, with another key. */
    void mayReturnTo(Upstream upstream) {
        Set<Upstream> others = new HashSet<>(tried);
        others.remove(upstream);
        tried = others;
    }

    /** All may be chosen again. */
    void beginRound() {
        tried = Set.of();
        spent = resources.blind();
    }

    /** Whether an answer of that status says that the upstream does not have what is looked for. */
    boolean looksFor(int status) {
        return resources.absent().contains(status);
    }

    /**
     * An upstream does not have what is looked for, as far as the key sees that was shown. Another of its keys may see it.
     *
     * @return whether the answer leaves open that another upstream has it, which serves the request and could not be asked yet
     */
    boolean isNotAt(Upstream upstream) {
        without = with(without, upstream);
        mayReturnTo(upstream);
        return resources.inOrder() && group.has(fit.and(other -> other.config().enabled() && !without.contains(other)));
    }

    /** Most requests need one upstream and one key: a set of one costs a third of one that can grow. */
    private static <T> Set<T> with(Set<T> others, T another) {
        if (others.isEmpty()) {
            return Set.of(another);
        }
        Set<T> all = new HashSet<>(others);
        all.add(another);
        return all;
    }

    /** Whether all upstreams that serve such requests have asked to be left alone. */
    public boolean isCoolingDown(long now) {
        return group.isCoolingDown(fit, now);
    }

    /** When one of the upstreams that serve such requests may be available again, in nanoseconds from now. */
    public long retryAfterNanos(long now) {
        return group.retryAfterNanos(fit, now);
    }

    /** Tells that no upstream can be had, and returns what the client is told. */
    Refusal refuse(long now) {
        if (!group.has(fit)) {
            return notServed();
        }
        group.rejected(now);
        exchange.attempted(new AttemptResult(group.name(), null, 0, ProxyError.NO_UPSTREAM, 0), null);
        ProxyError error = isCoolingDown(now) ? ProxyError.UPSTREAM_RATE_LIMITED : ProxyError.NO_UPSTREAM;
        return new Refusal(error, retryAfterNanos(now), exchange.attempts() > 0);
    }

    /** There is no upstream for such requests at all. */
    private Refusal notServed() {
        if (model != null && group.has(conversions::serves)) {
            return model.notFound();
        }
        return group.has(this::lacksBody) ? TOO_LARGE : Refusal.of(ProxyError.NOT_SERVED);
    }

    private boolean lacksBody(Upstream upstream) {
        return conversions.lacksBody(upstream)
                && unfit(true, exchange.mayUse(upstream), model == null || model.isServedBy(upstream)) == null;
    }
}
