package io.llmproxy.quota;

import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.OnStoreLoss;
import io.llmproxy.config.LimitConfig.Period;
import io.llmproxy.quota.LeaseCall.Kind;
import java.time.Duration;
import java.time.ZoneId;

/**
 * On which terms a node gets its part of a limit.
 *
 * @param kind how what was used comes back
 * @param period of a bucket or a window
 * @param zone of a window
 * @param refill in which an empty bucket is full again; zero for others
 * @param ahead for how long a node takes what it is likely to use
 * @param onStoreLoss what becomes of requests while the store is away
 */
record Terms(Kind kind, Period period, ZoneId zone, Duration refill, Duration ahead, OnStoreLoss onStoreLoss) {
    private static final Duration SHORTLY = Duration.ofMillis(200);
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration A_WHILE = Duration.ofSeconds(5);
    private static final Duration LONG = Duration.ofSeconds(60);

    static Terms of(LimitConfig config) {
        Period per = config.per();
        OnStoreLoss loss = config.onStoreLossOrDefault();
        ZoneId zone = config.zoneOrUtc();
        if (per == null) {
            return new Terms(Kind.PERMITS, Period.TOTAL, zone, Duration.ZERO, SOON, loss);
        }
        boolean requests = config.metric() == Metric.REQUESTS;
        return switch (per) {
            case SECOND -> new Terms(Kind.BUCKET, per, zone, Duration.ofSeconds(1), SHORTLY, loss);
            case MINUTE -> new Terms(Kind.BUCKET, per, zone, Duration.ofMinutes(1), requests ? SOON : A_WHILE, loss);
            case HOUR -> new Terms(Kind.BUCKET, per, zone, Duration.ofHours(1), A_WHILE, loss);
            case DAY, MONTH, TOTAL -> new Terms(Kind.WINDOW, per, zone, Duration.ZERO, LONG, loss);
        };
    }

    /** How long a node may use what it was given; it gives back what it has not used by then. */
    long leaseNanos() {
        return 2 * ahead.toNanos();
    }
}
