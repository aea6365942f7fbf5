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
        boolean resources,

        @Setting(
                value =
                        "A request that refers to a stored file, batch or response that the gateway does not know: `pass` sends it where the strategy says, except that reads ask one upstream after the other; `search` asks one after the other, and refuses changes by clients with a key; `refuse` answers 404.",
                byDefault = "search")
        UnknownResources unknownResources) {

    /** What is done with a request that refers to something if it is not known which upstream keeps it, and for which client. */
    public enum UnknownResources {
        /** The strategy picks an upstream, except that reads ask one after the other. */
        PASS,
        /** One upstream after the other is asked until one has it. A client with a key may not change it. */
        SEARCH,
        /** It is refused. */
        REFUSE
    }

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
