package io.llmproxy.management;

import io.llmproxy.upstream.UpstreamGroup;
import java.util.Map;
import java.util.TreeMap;

final class GroupBean implements GroupMXBean {
    private final UpstreamGroup group;
    private final Operations operations;

    GroupBean(UpstreamGroup group, Operations operations) {
        this.group = group;
        this.operations = operations;
    }

    @Override
    public String getBalancer() {
        return group.balancer();
    }

    @Override
    public Map<String, Integer> getWeights() {
        Map<String, Integer> weights = new TreeMap<>();
        group.shares(System.nanoTime()).forEach(share -> weights.put(share.upstream(), share.weight()));
        return weights;
    }

    @Override
    public Map<String, Double> getEffectiveWeights() {
        Map<String, Double> weights = new TreeMap<>();
        group.shares(System.nanoTime()).forEach(share -> weights.put(share.upstream(), share.effective()));
        return weights;
    }

    @Override
    public void setWeight(String upstream, int weight) {
        operations.weigh(group.name(), upstream, weight, "JMX");
    }
}
