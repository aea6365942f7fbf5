package io.llmproxy.audit;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which entries are wanted, the newest first. What is null is of no importance.
 *
 * @param before only entries below this id; {@link Long#MAX_VALUE} to begin with the newest
 * @param limit how many at most
 * @param actor who acted
 * @param action what was done
 * @param object to what
 * @param outcome {@code done}, a code, or {@code refused} for all that was not done
 * @param from then or later
 * @param to before then
 */
public record AuditQuery(
        long before,
        int limit,
        @Nullable String actor,
        @Nullable String action,
        @Nullable String object,
        @Nullable String outcome,
        @Nullable Instant from,
        @Nullable Instant to) {
    /** The outcome that stands for all but {@link AuditNote#DONE}. */
    public static final String REFUSED = "refused";
}
