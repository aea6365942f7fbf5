package io.llmproxy.cluster;

import java.util.Map;

/**
 * What nodes tell each other, so that not each has to find it out.
 *
 * @param cooling which keys of upstreams have used up what they may do, by what all nodes call them, and for how many milliseconds more
 * @param findings what was found of upstreams, by what all nodes call them
 */
public record Notes(Map<String, Long> cooling, Map<String, Finding> findings) {
    /** Nothing. */
    public static final Notes NONE = new Notes(Map.of(), Map.of());

    /** Copies the maps. */
    public Notes {
        cooling = Map.copyOf(cooling);
        findings = Map.copyOf(findings);
    }

    /**
     * What was found of an upstream.
     *
     * @param own whether this node has found it
     * @param success whether the upstream is well
     * @param millis for how long that says something
     */
    public record Finding(boolean own, boolean success, long millis) {}
}
