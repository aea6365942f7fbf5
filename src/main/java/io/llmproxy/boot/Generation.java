package io.llmproxy.boot;

import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.RouteConfig;
import io.llmproxy.proxy.Admission;
import io.llmproxy.proxy.Forward;
import io.llmproxy.proxy.Serving;
import io.llmproxy.route.PathPattern;
import io.llmproxy.route.Route;
import io.llmproxy.route.RouteTable;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.upstream.Upstreams;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One configuration and what was made of it.
 *
 * @param version counts the configurations since the start, from 1
 * @param config the configuration
 * @param upstreams its upstreams and groups
 * @param forwards its forwards
 * @param serving where its requests go
 */
record Generation(long version, ProxyConfig config, Upstreams upstreams, List<Forward> forwards, Serving serving) {
    /** Returns the forwards of a configuration; what has not changed since the generation before keeps its state. */
    static List<Forward> forwards(ProxyConfig config, Upstreams upstreams, @Nullable Generation before) {
        return config.httpServer().forwards().stream()
                .map(forward -> forward(forward, upstreams, before))
                .toList();
    }

    private static Forward forward(ForwardConfig config, Upstreams upstreams, @Nullable Generation before) {
        UpstreamGroup defaultGroup = upstreams.group(config.upstreamGroup());
        List<Route<UpstreamGroup>> routes =
                config.routing().stream().map(rule -> route(rule, upstreams)).toList();
        Forward predecessor = before == null ? null : before.forward(config.name());
        Admission admission = Admission.of(config, predecessor == null ? null : predecessor.admission());
        return new Forward(config, RouteTable.of(routes, defaultGroup), defaultGroup, admission);
    }

    private static Route<UpstreamGroup> route(RouteConfig rule, Upstreams upstreams) {
        String path = rule.path();
        return new Route<>(
                rule.host(),
                path == null ? null : PathPattern.compile(path),
                rule.header(),
                rule.model(),
                upstreams.group(rule.targetGroup()));
    }

    private @Nullable Forward forward(String name) {
        return forwards.stream()
                .filter(forward -> forward.name().equals(name))
                .findFirst()
                .orElse(null);
    }
}
