package io.llmproxy.upstream;

import io.llmproxy.balance.RecentTimes;
import io.llmproxy.config.HedgeConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When a stream of a group is late: after a fixed time, or when it has taken longer than most of the group's streams did lately. Safe
 * for use by several threads.
 */
public final class Hedging {
    private final HedgeConfig config;
    private final @Nullable RecentTimes times;

    Hedging(HedgeConfig config) {
        this.config = config;
        int percentile = config.after().percentile();
        this.times = percentile == 0 ? null : new RecentTimes(percentile);
    }

    /** What was learned goes on if the settings are the same. */
    static @Nullable Hedging of(@Nullable HedgeConfig config, @Nullable Hedging before) {
        if (config == null) {
            return null;
        }
        return before != null && before.config.equals(config) ? before : new Hedging(config);
    }

    /** Returns after how many nanoseconds without content a stream is late; negative if that is not known yet. */
    public long delayNanos() {
        Duration fixed = config.after().fixed();
        if (fixed != null) {
            return fixed.toNanos();
        }
        return times == null || times.count() < config.samples() || times.percentileNanos() < 0
                ? -1
                : Math.max(times.percentileNanos(), config.floor().toNanos());
    }

    /**
     * The first attempt of a stream had its first content, or was given up for its hedge, which had content before.
     *
     * @param nanos after how many nanoseconds
     */
    public void took(long nanos) {
        if (times != null) {
            times.add(nanos);
        }
    }
}
