package io.llmproxy.config;

/** How a group chooses among its upstreams. */
public record BalanceConfig(
        @Setting(value = "How one of the upstreams is chosen for a request.", byDefault = "roundrobin")
        Strategy strategy) {

    /** The ways to choose. */
    public enum Strategy {
        ROUNDROBIN,
        WEIGHTED_ROUNDROBIN,
        RANDOM,
        FAILOVER,
        RESPONSE_AWARE,
        LEAST_REQUESTS,
        TTFT_AWARE,
        ADAPTIVE
    }
}
