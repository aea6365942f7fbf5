package io.llmproxy.management;

import java.util.Map;

/** One group of the configuration in use. */
public interface GroupMXBean {
    /** How one of its upstreams is chosen. */
    String getBalancer();

    /** The weight of each upstream. */
    Map<String, Integer> getWeights();

    /** The weight of each upstream at the moment: 0 while it is not asked. */
    Map<String, Double> getEffectiveWeights();

    /**
     * Gives an upstream another weight, until the next start.
     *
     * @param upstream name of a member
     * @param weight from 1 to 65535
     */
    void setWeight(String upstream, int weight);
}
