package io.llmproxy.config;

import java.util.List;

/** The whole configuration. Names that one part uses of another are known to exist. */
public record ProxyConfig(
        @Setting(value = "Where clients and operators connect.", required = true)
        HttpServerConfig httpServer,

        @Setting("The backends that requests can be sent to.")
        List<UpstreamConfig> upstreams,

        @Setting("Sets of upstreams among which requests are balanced.")
        List<GroupConfig> upstreamGroups,

        @Setting("What is logged, and how.") LogConfig log,

        @Setting(value = "Whether the file is watched, and loaded again when it changes.", byDefault = "false")
        boolean watch) {
    public ProxyConfig {
        upstreams = List.copyOf(upstreams);
        upstreamGroups = List.copyOf(upstreamGroups);
    }
}
