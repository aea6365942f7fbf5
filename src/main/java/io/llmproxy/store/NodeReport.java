package io.llmproxy.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a node says of itself.
 *
 * @param id the same for as long as the node keeps its directory
 * @param boot another at each start
 * @param name what operators call it
 * @param appVersion its release
 * @param active the version that it serves; 0 if none
 * @param tried the version that it tried last
 * @param nack why it does not serve that one, a line for each problem; empty if it does
 * @param state the phase that it is in; null if it is of an earlier release
 * @param inFlight how many requests have not ended; null if it is of an earlier release
 */
public record NodeReport(
        String id,
        String boot,
        String name,
        String appVersion,
        long active,
        long tried,
        List<String> nack,
        @Nullable String state,
        @Nullable Integer inFlight) {
    /** Copies the list. */
    public NodeReport {
        nack = List.copyOf(nack);
    }

    /** Whether it refused a version. */
    public boolean refused(long version) {
        return tried == version && !nack.isEmpty();
    }
}
