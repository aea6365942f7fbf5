package io.llmproxy.quota;

import io.llmproxy.config.LimitConfig.Metric;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was taken for a request that is being served. */
public final class Reservation implements Outcome {
    /** The limit does not concern the request. */
    static final long NONE = -1;

    private final LimitPath path;
    private final Asked asked;
    private final Expected expected;
    private final long[] taken;
    private final Moment then;

    Reservation(LimitPath path, Asked asked, Expected expected, long[] taken, Moment then) {
        this.path = path;
        this.asked = asked;
        this.expected = expected;
        this.taken = taken;
        this.then = then;
    }

    /** Returns how much is left of the limits that concern the request. */
    public Standings standings(Moment now) {
        List<Standing> standings = new ArrayList<>();
        for (int i = 0; i < taken.length; i++) {
            if (taken[i] != NONE) {
                standings.add(path.meters().get(i).standing(now));
            }
        }
        return new Standings(now, standings);
    }

    /**
     * Takes what was used by now as far as it is more than what was taken, while the request goes on. Not while it is settled.
     *
     * @return a limit that is used up, so that the request has to end; null if there is none
     */
    public @Nullable Limit grow(Used used, Moment now) {
        Limit reached = null;
        for (int i = 0; i < taken.length; i++) {
            Meter meter = path.meters().get(i);
            Metric metric = meter.limit().config().metric();
            if (taken[i] == NONE || metric == Metric.REQUESTS || metric == Metric.CONCURRENT) {
                continue;
            }
            long amount = used(metric, used);
            if (amount > taken[i]) {
                // It may go on for days: what comes now is of today.
                meter.settle(0, amount - taken[i], now, now);
                taken[i] = amount;
            }
            // What was reserved and is not used yet is left to this session.
            long spare = taken[i] - amount;
            if (reached == null && meter.isEnforced() && meter.standing(now).left() + Math.max(0, spare) <= 0) {
                reached = meter.limit();
            }
        }
        return reached;
    }

    /** Puts what was used in the place of what was taken. To be called once, when the request is over. */
    public void settle(Used used, Moment now) {
        for (int i = 0; i < taken.length; i++) {
            if (taken[i] != NONE) {
                Meter meter = path.meters().get(i);
                long amount = used(meter.limit().config().metric(), used);
                meter.settle(taken[i], Math.min(taken[i], amount), then, now);
                if (amount > taken[i]) {
                    // What is used beyond it is of today, whenever that was taken.
                    meter.settle(0, amount - taken[i], now, now);
                }
            }
        }
        // Of a session, no input was seen before, and its output is that of many answers.
        if (asked.measured() && asked.input() > 0) {
            path.expectations().learn(asked.model(), asked.input(), used);
        }
    }

    /** Gives everything back: the request is not served after all, and does not count. */
    public void giveBack(Moment now) {
        path.giveBack(taken, then, now);
    }

    private long used(Metric metric, Used used) {
        return switch (metric) {
            case REQUESTS -> 1;
            case CONCURRENT -> 0;
            case INPUT -> known(Metric.INPUT, used.input());
            case OUTPUT -> known(Metric.OUTPUT, used.output());
            case TOTAL -> known(Metric.INPUT, used.input()) + known(Metric.OUTPUT, used.output());
            case COST -> known(Metric.COST, used.cost());
        };
    }

    private long known(Metric metric, long amount) {
        return amount < 0 ? asked.reserves(metric, expected) : amount;
    }
}
