package io.llmproxy.config;

import java.util.List;

/** A set of upstreams that serve the same requests. */
public record GroupConfig(
        @Setting(value = "Unique name; also a metric label.", required = true)
        String name,

        @Setting(value = "The upstreams of the group, at least one.", required = true)
        List<MemberConfig> upstreams,

        @Setting("How one of them is chosen for a request.") BalanceConfig balance,

        @Setting("How the gateway connects to the upstreams.")
        HttpClientConfig httpClient) {
    public GroupConfig {
        upstreams = List.copyOf(upstreams);
    }
}
