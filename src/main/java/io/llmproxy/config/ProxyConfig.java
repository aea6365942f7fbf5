package io.llmproxy.config;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The whole configuration. Names that one part uses of another are known to exist. */
public record ProxyConfig(
        @Setting(value = "Where clients and operators connect.", required = true)
        HttpServerConfig httpServer,

        @Setting("The backends that requests can be sent to.")
        List<UpstreamConfig> upstreams,

        @Setting("Sets of upstreams among which requests are balanced.")
        List<GroupConfig> upstreamGroups,

        @Setting(
                "Keys that clients may use on every forward. Without any key, here or below, every client is accepted.")
        List<ClientKeyConfig> keys,

        @Setting("Organisations, teams, projects and users to which keys belong.")
        List<ScopeConfig> scopes,

        @Setting("How much may be used by all clients together; with `models`, of these models.")
        List<LimitConfig> limits,

        @Setting("Redis or Valkey, through which several nodes share limits. Without it, each node counts for itself.")
        @Nullable RedisConfig redis,

        @Setting("Where warnings, such as those of limits, are sent.") @Nullable WebhookConfig webhook,

        @Setting("What is logged, and how.") LogConfig log,

        @Setting("The ledger: a record of each attempt and exchange.")
        LedgerConfig ledger,

        @Setting("Writes requests and answers to files with their bodies, to look into a problem.") @Nullable CaptureConfig capture,

        @Setting(
                "Keeps the configuration in a database. The file then holds only `store`, `log` and `http_server.admin`.")
        @Nullable StoreConfig store,

        @Setting("File with the prices of models, from which costs are computed. Without it, costs are unknown.")
        @Nullable Path prices,

        @Setting("Metric settings.") MetricsConfig metrics,

        @Setting("Where traces and metrics are sent.") @Nullable OtelConfig otel,

        @Setting("Langfuse, to which LLM calls are sent.") @Nullable LangfuseConfig langfuse,

        @Setting(
                value =
                        "What the JVM's management (JMX) may do: `read_only` shows figures, `operations` also disables upstreams, changes weights and the like, `off` shows nothing.",
                byDefault = "read_only")
        JmxMode jmx,

        @Setting(value = "Whether the file is watched, and loaded again when it changes.", byDefault = "false")
        boolean watch) {
    public ProxyConfig {
        upstreams = List.copyOf(upstreams);
        upstreamGroups = List.copyOf(upstreamGroups);
        keys = List.copyOf(keys);
        scopes = List.copyOf(scopes);
        limits = List.copyOf(limits);
    }

    /** The same with other upstreams and groups. */
    public ProxyConfig with(List<UpstreamConfig> otherUpstreams, List<GroupConfig> otherGroups) {
        return new ProxyConfig(
                httpServer,
                otherUpstreams,
                otherGroups,
                keys,
                scopes,
                limits,
                redis,
                webhook,
                log,
                ledger,
                capture,
                store,
                prices,
                metrics,
                otel,
                langfuse,
                jmx,
                watch);
    }

    /** The names of the upstreams that a forward can send requests to, in the order of the groups. */
    public Set<String> reachable(ForwardConfig forward) {
        Set<String> targets =
                forward.routing().stream().map(RouteConfig::targetGroup).collect(Collectors.toSet());
        return upstreamGroups.stream()
                .filter(group -> group.name().equals(forward.upstreamGroup()) || targets.contains(group.name()))
                .flatMap(group -> group.upstreams().stream())
                .map(MemberConfig::name)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }
}
