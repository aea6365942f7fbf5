package io.llmproxy.config;

import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How much of something may be used in a time. All limits that concern a request apply. */
public record LimitConfig(
        @Setting(
                value =
                        "What is counted: `requests`; tokens of `input`, of `output`, or in `total`; `cost` in the currency of `prices`; or requests that are `concurrent`.",
                required = true)
        Metric metric,

        @Setting(
                "The period: `second`, `minute` and `hour` refill steadily; `day` and `month` follow the calendar; `total` never ends. Not for `concurrent`.")
        @Nullable Period per,

        @Setting(value = "The amount.", required = true, min = 0.000001, max = 1e15)
        Double amount,

        @Setting(
                "Only requests for these models count: names, names with `*`, or regular expressions (RE2) of whole names; empty for all.")
        List<ModelPattern> models,

        @Setting("Time zone in which days and months begin, such as `Europe/Berlin`; default UTC.") @Nullable ZoneId zone,

        @Setting(
                value =
                        "`enforce` refuses requests over the limit; `shadow` only counts in the metrics what it would have refused.",
                byDefault = "enforce")
        Mode mode,

        @Setting(
                "What happens to requests while Redis is unavailable: `share` lets each node use its part, `open` allows all, `closed` refuses them with 503. Default: `closed` for `cost`, `share` for the others.")
        @Nullable OnStoreLoss onStoreLoss,

        @Setting(
                value =
                        "Parts of the amount, such as `[0.8, 1]`, at which operators are warned once: in the log, in `llmproxy_limit_warnings_total` and at `webhook`. Only for `day`, `month` and `total`.",
                min = 0.01,
                max = 1)
        List<Double> warnAt,

        @Setting(
                value =
                        "What happens to requests whose tokens or cost are not read from an answer, such as those for batches, of models without a price, or with an upstream with `usage: off`: `allow` serves them, `refuse` answers 403. Not for `requests` and `concurrent`.",
                byDefault = "allow")
        Unmeasured unmeasured) {
    /** The largest cost that can be counted. */
    public static final long MOST_COST = 9_000_000;

    /** In how many parts a unit of the currency is counted. */
    private static final double NANOS = 1e9;

    public LimitConfig {
        models = List.copyOf(models);
        warnAt = List.copyOf(warnAt);
    }

    /** Makes one that allows what is not measured. */
    public LimitConfig(
            Metric metric,
            @Nullable Period per,
            Double amount,
            List<ModelPattern> models,
            @Nullable ZoneId zone,
            Mode mode,
            @Nullable OnStoreLoss onStoreLoss,
            List<Double> warnAt) {
        this(metric, per, amount, models, zone, mode, onStoreLoss, warnAt, Unmeasured.ALLOW);
    }

    /** What becomes of a request that uses what is counted, without a word of how much. */
    public enum Unmeasured {
        ALLOW,
        REFUSE
    }

    /** What is counted. */
    public enum Metric {
        REQUESTS,
        INPUT,
        OUTPUT,
        TOTAL,
        COST,
        CONCURRENT;

        /** Its name in metrics. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Whether answers tell how much of it they took: tokens, or what they cost. */
        public boolean isMeasured() {
            return this != REQUESTS && this != CONCURRENT;
        }
    }

    /** In which time. */
    public enum Period {
        SECOND,
        MINUTE,
        HOUR,
        DAY,
        MONTH,
        TOTAL;

        /** Its name in metrics. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Whether it is a part of the calendar, which begins with the whole amount, or has no end. */
        public boolean isWindow() {
            return this == DAY || this == MONTH || this == TOTAL;
        }
    }

    /** What becomes of a request that is too much. */
    public enum Mode {
        ENFORCE,
        SHADOW
    }

    /** What happens to requests while Redis is unavailable. */
    public enum OnStoreLoss {
        SHARE,
        OPEN,
        CLOSED
    }

    /** What happens to requests while Redis is unavailable. */
    public OnStoreLoss onStoreLossOrDefault() {
        if (onStoreLoss != null) {
            return onStoreLoss;
        }
        return metric == Metric.COST ? OnStoreLoss.CLOSED : OnStoreLoss.SHARE;
    }

    /** The amount in whole units: a cost in billionths of the currency's unit. */
    public long units() {
        return Math.round(metric == Metric.COST ? amount * NANOS : amount);
    }

    /** The amount that so many units are. */
    public double amountOf(long count) {
        return metric == Metric.COST ? count / NANOS : count;
    }

    /** Where days and months begin. */
    public ZoneId zoneOrUtc() {
        return zone == null ? ZoneOffset.UTC : zone;
    }

    /** The time's name in metrics; a dash if there is none. */
    public String periodLabel() {
        return per == null ? "-" : per.label();
    }

    /** Whether it counts requests for a model. */
    public boolean covers(@Nullable String requested, @Nullable String name) {
        if (models.isEmpty()) {
            return true;
        }
        for (ModelPattern pattern : models) {
            if ((requested != null && pattern.matches(requested)) || (name != null && pattern.matches(name))) {
                return true;
            }
        }
        return false;
    }
}
