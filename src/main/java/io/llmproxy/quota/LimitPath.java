package io.llmproxy.quota;

import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.ScopeConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** All that bounds the requests with one key: its own limits, those of the scopes above it, and those of the gateway, in this order. */
public final class LimitPath {
    private final List<ScopeConfig> scopes;
    private final List<Meter> meters;
    private final Expectations expectations;
    private final Object maker;
    private final boolean known;
    private final boolean enabled;
    private final boolean confined;
    private final boolean measuring;
    private final boolean limitsModels;
    private final boolean costs;

    /**
     * @param known whether the scope of the key is one of the configuration
     * @param maker tells what it was made of
     */
    LimitPath(List<ScopeConfig> scopes, List<Meter> meters, Expectations expectations, boolean known, Object maker) {
        this.known = known;
        this.maker = maker;
        this.scopes = List.copyOf(scopes);
        this.meters = List.copyOf(meters);
        this.expectations = expectations;
        this.enabled = scopes.stream().allMatch(ScopeConfig::enabled);
        this.confined = scopes.stream().anyMatch(scope -> !scope.models().isEmpty());
        this.measuring = meters.stream()
                .anyMatch(meter -> meter.limit().config().metric().isMeasured());
        this.limitsModels = meters.stream().anyMatch(LimitPath::limitsModels);
        this.costs = meters.stream().anyMatch(meter -> meter.limit().config().metric() == Metric.COST);
    }

    private static boolean limitsModels(Meter meter) {
        return meter.isEnforced() && !meter.limit().config().models().isEmpty();
    }

    /** Returns whether it was made of these limits, and not of those of another configuration. */
    public boolean isOf(Quotas quotas) {
        return maker == quotas.mark();
    }

    /** Returns whether the scope of the key, if it has one, is one of the configuration. If not, nothing is known that bounds the key. */
    public boolean isKnown() {
        return known;
    }

    /** Returns whether all scopes are enabled. */
    public boolean isEnabled() {
        return enabled;
    }

    /** Returns whether a scope allows some models only. */
    public boolean isConfined() {
        return confined;
    }

    /** Returns whether an enforced limit is for some models only. It cannot hold for a request that need not name its model. */
    public boolean limitsModels() {
        return limitsModels;
    }

    /** Returns whether there is any limit. */
    public boolean hasLimits() {
        return !meters.isEmpty();
    }

    /** Returns whether a limit counts tokens or cost. */
    public boolean isMeasuring() {
        return measuring;
    }

    /** Returns whether it matters which model is asked for. */
    public boolean distinguishesModels() {
        return confined
                || measuring
                || meters.stream()
                        .anyMatch(meter -> !meter.limit().config().models().isEmpty());
    }

    /**
     * Returns whether all scopes allow a model.
     *
     * @param requested its name as the client calls it
     * @param model its name as the configuration calls it
     */
    public boolean allows(String requested, String model) {
        return scopes.stream().allMatch(scope -> allows(scope.models(), requested, model));
    }

    private static boolean allows(List<ModelPattern> models, String requested, String model) {
        return models.isEmpty()
                || models.stream().anyMatch(pattern -> pattern.matches(requested) || pattern.matches(model));
    }

    /** Returns how much is left of each limit that is set for subjects of a kind. */
    public List<Standing> standings(Subject.Kind kind, Moment now) {
        return meters.stream()
                .filter(meter -> meter.limit().subject().kind() == kind)
                .map(meter -> meter.standing(now))
                .toList();
    }

    /** Takes what a request asks for of every limit that concerns it, or of none. */
    public Outcome reserve(Asked wanted, Moment now) {
        Expected expected = expectations.of(wanted.model());
        Asked asked = costs ? wanted.priced(expected) : wanted;
        for (Meter meter : meters) {
            if (meter.refusesUnmeasured(asked)) {
                return new Unmeasured(meter.limit());
            }
        }
        long[] taken = new long[meters.size()];
        Map<Integer, Long> unknown = new LinkedHashMap<>();
        for (int i = 0; i < taken.length; i++) {
            Meter meter = meters.get(i);
            long amount = meter.wants(asked, expected);
            Take take = amount == 0 ? Take.SHORT : meter.take(amount, now);
            if (amount == 0) {
                taken[i] = Reservation.NONE;
            } else if (take == Take.TAKEN) {
                taken[i] = amount;
            } else if (take == Take.ASK) {
                unknown.put(i, amount);
            } else if (refuses(meter, take)) {
                giveBack(taken, now, now);
                return refusal(i, take, asked, expected, now);
            }
        }
        Reservation reservation = new Reservation(this, asked, expected, taken, now);
        return unknown.isEmpty() ? reservation : ask(unknown, taken, reservation, asked, expected, now);
    }

    /** That the store is away says nothing of how much is used. */
    private static boolean refuses(Meter meter, Take take) {
        if (take != Take.CLOSED) {
            meter.refused();
        }
        return meter.isEnforced();
    }

    /** Asks for all at once that this node does not know. */
    private Pending ask(
            Map<Integer, Long> unknown,
            long[] taken,
            Reservation reservation,
            Asked asked,
            Expected expected,
            Moment now) {
        Map<Integer, CompletableFuture<Take>> answers = new LinkedHashMap<>();
        unknown.forEach((i, amount) -> answers.put(i, meters.get(i).ask(amount, now)));
        CompletableFuture<Outcome> outcome = CompletableFuture.allOf(
                        answers.values().toArray(CompletableFuture[]::new))
                .thenApply(all -> {
                    int refused = -1;
                    Take because = Take.TAKEN;
                    for (Map.Entry<Integer, CompletableFuture<Take>> answer : answers.entrySet()) {
                        int i = answer.getKey();
                        Take take = answer.getValue().join();
                        if (take == Take.TAKEN) {
                            taken[i] = unknown.getOrDefault(i, 0L);
                        } else if (refuses(meters.get(i), take) && refused < 0) {
                            refused = i;
                            because = take;
                        }
                    }
                    if (refused < 0) {
                        return reservation;
                    }
                    giveBack(taken, now, now);
                    return refusal(refused, because, asked, expected, now);
                });
        return new Pending(
                outcome,
                then -> answers.forEach(
                        (i, answer) -> meters.get(i).giveUp(answer, unknown.getOrDefault(i, 0L), then)));
    }

    private Outcome refusal(int first, Take because, Asked asked, Expected expected, Moment now) {
        return because == Take.CLOSED
                ? new Unavailable(meters.get(first).limit())
                : exhausted(first, asked, expected, now);
    }

    void giveBack(long[] taken, Moment then, Moment now) {
        for (int i = 0; i < taken.length; i++) {
            if (taken[i] > 0) {
                meters.get(i).settle(taken[i], 0, then, now);
            }
        }
    }

    /** The limits before the one that is used up, and those behind it, may become used up until then: that is not foreseen. */
    private Exhausted exhausted(int first, Asked asked, Expected expected, Moment now) {
        long longest = 0;
        List<Standing> standings = new ArrayList<>();
        for (Meter meter : meters) {
            long amount = meter.wants(asked, expected);
            if (amount > 0) {
                standings.add(meter.standing(now));
                longest = meter.isEnforced() ? Math.max(longest, meter.untilFree(amount, now)) : longest;
            }
        }
        long retryAfter = longest == Allowance.NEVER ? 0 : Math.max(1, longest);
        return new Exhausted(meters.get(first).limit(), retryAfter, new Standings(now, standings));
    }

    List<Meter> meters() {
        return meters;
    }

    Expectations expectations() {
        return expectations;
    }
}
