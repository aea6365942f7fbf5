package io.llmproxy.store;

import java.util.List;

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
 */
public record NodeReport(
        String id, String boot, String name, String appVersion, long active, long tried, List<String> nack) {
    /** Copies the list. */
    public NodeReport {
        nack = List.copyOf(nack);
    }

    /** Whether it refused a version. */
    public boolean refused(long version) {
        return tried == version && !nack.isEmpty();
    }
}
