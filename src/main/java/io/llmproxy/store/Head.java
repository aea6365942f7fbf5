package io.llmproxy.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which version is wanted.
 *
 * @param version the version; 0 while the store is empty
 * @param fallback where an unconfirmed head goes back to; else the version itself
 * @param confirmUntil when it does, by the database's clock; null for a confirmed head
 * @param now what the database's clock showed
 * @param sha256 of the version's content, in hexadecimal digits; empty while the store is empty. A database that has lost versions gives
 *     their numbers again
 * @param managedBy what manages the configuration, such as {@code git}; null for nothing, so that people change it
 */
public record Head(
        long version,
        long fallback,
        @Nullable Instant confirmUntil,
        Instant now,
        String sha256,
        @Nullable String managedBy) {
    /** Whether it is to go back because the confirmation did not come in time. */
    public boolean isOverdue() {
        return confirmUntil != null && now.isAfter(confirmUntil);
    }

    /** Whether it still has to be confirmed. */
    public boolean isUnconfirmed() {
        return confirmUntil != null;
    }
}
