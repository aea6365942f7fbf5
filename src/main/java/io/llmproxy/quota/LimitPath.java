package io.llmproxy.quota;

import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.ScopeConfig;
import java.util.ArrayList;
import java.util.List;

/** All that bounds the requests with one key: its own limits, those of the scopes above it, and those of the gateway, in this order. */
public final class LimitPath {
    private final List<ScopeConfig> scopes;
    private final List<Meter> meters;
    private final Expectations expectations;
    private final boolean enabled;
    private final boolean confined;
    private final boolean measuring;

    LimitPath(List<ScopeConfig> scopes, List<Meter> meters, Expectations expectations) {
        this.scopes = List.copyOf(scopes);
        this.meters = List.copyOf(meters);
        this.expectations = expectations;
        this.enabled = scopes.stream().allMatch(ScopeConfig::enabled);
        this.confined = scopes.stream().anyMatch(scope -> !scope.models().isEmpty());
        this.measuring = meters.stream().anyMatch(LimitPath::measures);
    }

    private static boolean measures(Meter meter) {
        Metric metric = meter.limit().config().metric();
        return metric != Metric.REQUESTS && metric != Metric.CONCURRENT;
    }

    /** Returns whether all scopes are enabled. */
    public boolean isEnabled() {
        return enabled;
    }

    /** Returns whether a scope allows some models only. */
    public boolean isConfined() {
        return confined;
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

    /** Takes what a request asks for of every limit that concerns it, or of none. */
    public Outcome reserve(Asked asked, Moment now) {
        Expected expected = expectations.of(asked.model());
        long[] taken = new long[meters.size()];
        for (int i = 0; i < taken.length; i++) {
            Meter meter = meters.get(i);
            long amount = meter.wants(asked, expected);
            if (amount == 0) {
                taken[i] = Reservation.NONE;
            } else if (meter.take(amount, now)) {
                taken[i] = amount;
            } else {
                meter.refused();
                if (meter.isEnforced()) {
                    giveBack(taken, i, now);
                    return exhausted(i, asked, expected, now);
                }
            }
        }
        return new Reservation(this, asked, expected, taken, now);
    }

    private void giveBack(long[] taken, int count, Moment now) {
        for (int i = 0; i < count; i++) {
            if (taken[i] > 0) {
                meters.get(i).settle(taken[i], 0, now, now);
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
