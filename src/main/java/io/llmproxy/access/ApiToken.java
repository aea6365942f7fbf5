package io.llmproxy.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A token of a program. The token itself is not kept.
 *
 * @param id names it in paths
 * @param name what it is for
 * @param role what the program may do
 * @param scope to whose keys that is bound; null for the whole gateway
 * @param createdAt when it was made
 * @param createdBy who did
 * @param expiresAt from when on it is of no use; null for never
 * @param usedAt when it was used last, within a minute; null for never
 */
public record ApiToken(
        String id,
        String name,
        Role role,
        @Nullable String scope,
        Instant createdAt,
        String createdBy,
        @Nullable Instant expiresAt,
        @Nullable Instant usedAt) {
    /** Whether it is of no use any more. */
    public boolean isExpired(Instant now) {
        return expiresAt != null && !now.isBefore(expiresAt);
    }
}
