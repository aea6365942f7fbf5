package io.llmproxy.config;

import org.jspecify.annotations.Nullable;

/** How a group chooses among its upstreams. */
public record BalanceConfig(
        @Setting(value = "How an upstream is picked for a request.", byDefault = "roundrobin")
        Strategy strategy,

        @Setting(
                "Which requests go to the same upstream, so that its caches are warm for them. The strategy picks for all others.")
        @Nullable AffinityConfig affinity,

        @Setting(
                value =
                        "Whether requests that refer to a stored file, batch or response go to the upstream that has it.",
                byDefault = "true")
        boolean resources) {

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
