package io.llmproxy.admin.api;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.quota.Standing;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * How much is left of a limit.
 *
 * @param limit what it is
 * @param used how much of its amount is used
 * @param left how much of it is left
 * @param refused how many requests it has refused, or would have
 * @param fullAt when all of it is there again; null for never
 */
record LimitLeft(
        @JsonUnwrapped LimitBody limit,
        @JsonSerialize(using = LimitBody.Plain.class) Double used,
        @JsonSerialize(using = LimitBody.Plain.class) Double left,
        long refused,
        @Nullable String fullAt) {
    static LimitLeft of(Standing standing, Instant now) {
        LimitConfig limit = standing.limit().config();
        return new LimitLeft(
                LimitBody.of(limit),
                limit.amountOf(standing.used()),
                limit.amountOf(standing.left()),
                standing.refused(),
                standing.untilFull() == Long.MAX_VALUE
                        ? null
                        : Times.told(second(now.plusNanos(standing.untilFull()))));
    }

    /** Days and months begin with one, and clocks are read one after the other. */
    private static Instant second(Instant time) {
        return time.plusMillis(500).truncatedTo(ChronoUnit.SECONDS);
    }
}
