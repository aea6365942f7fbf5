package io.llmproxy.admin;

import io.llmproxy.ledger.UsedAttempt;
import java.time.Instant;
import java.util.function.Consumer;

/** What all nodes have used, where they share a store. */
public interface SharedUsage {
    /** There is one node. */
    SharedUsage NONE = new SharedUsage() {
        @Override
        public boolean isKept() {
            return false;
        }

        @Override
        public boolean read(Instant from, Instant until, int most, Consumer<UsedAttempt> visitor) {
            return true;
        }
    };

    /** Whether nodes share it. */
    boolean isKept();

    /**
     * Reads it hour by hour. What other nodes have used in the last seconds is missing. May wait for a database for some seconds.
     *
     * @param from when the first hour begins
     * @param until the first moment after the last hour
     * @param most how many sums are read at most
     * @param visitor is given each sum
     * @return whether all sums were read
     * @throws ConfigDocuments.UnavailableException if the store does not answer
     */
    boolean read(Instant from, Instant until, int most, Consumer<UsedAttempt> visitor);
}
