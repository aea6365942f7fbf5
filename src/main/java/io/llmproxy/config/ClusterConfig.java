package io.llmproxy.config;

import java.util.List;

/** A Redis Cluster, whose nodes know which of them has which keys. */
@Switchable
public record ClusterConfig(
        @Setting(
                value =
                        "Addresses of some nodes, each `host` or `host:port`; without a port, 6379. They know the others.",
                required = true)
        List<String> nodes,

        @Setting(value = "Whether the nodes are reached with TLS.", byDefault = "false")
        boolean tls) {}
