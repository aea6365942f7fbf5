package io.llmproxy.boot;

import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.proxy.Forward;
import io.llmproxy.proxy.Serving;
import io.llmproxy.route.PathPattern;
import io.llmproxy.route.RouteTable;
import io.llmproxy.route.RouteTable.Route;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.upstream.Upstreams;
import java.util.List;

/**
 * One configuration and what was made of it.
 *
 * @param version counts the configurations since the start, from 1
 * @param config the configuration
 * @param upstreams its upstreams and groups
 * @param serving where its requests go
 */
record Generation(long version, ProxyConfig config, Upstreams upstreams, Serving serving) {
    /** Returns the forwards of a configuration. */
    static List<Forward> forwards(ProxyConfig config, Upstreams upstreams) {
        return config.httpServer().forwards().stream()
                .map(forward -> forward(forward, upstreams))
                .toList();
    }

    private static Forward forward(ForwardConfig config, Upstreams upstreams) {
        List<Route<UpstreamGroup>> routes = config.routing().stream()
                .map(rule -> new Route<>(PathPattern.compile(rule.path()), upstreams.group(rule.targetGroup())))
                .toList();
        return new Forward(config, RouteTable.of(routes), upstreams.group(config.upstreamGroup()));
    }
}
