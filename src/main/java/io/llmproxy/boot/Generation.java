package io.llmproxy.boot;

import io.llmproxy.admin.api.Gateway;
import io.llmproxy.auth.ConfiguredKeys;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.RouteConfig;
import io.llmproxy.proxy.admission.Admission;
import io.llmproxy.proxy.admission.KeyLimits;
import io.llmproxy.proxy.exchange.Forward;
import io.llmproxy.proxy.exchange.Serving;
import io.llmproxy.route.Route;
import io.llmproxy.route.RouteTable;
import io.llmproxy.upstream.UpstreamGroup;
import io.llmproxy.upstream.Upstreams;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One configuration and what was made of it.
 *
 * @param version counts the configurations since the start, from 1
 * @param config the configuration
 * @param upstreams its upstreams and groups
 * @param keyLimits what bounds the keys of its clients
 * @param forwards its forwards
 * @param serving where its requests go
 * @param listening the ports that it is served on
 */
record Generation(
        long version,
        ProxyConfig config,
        Upstreams upstreams,
        KeyLimits keyLimits,
        List<Forward> forwards,
        Serving serving,
        Listening listening) {
    /** What operators see of it. */
    Gateway.Current forOperators() {
        return new Gateway.Current(version, config, upstreams, keyLimits.quotas());
    }

    /** Returns the forwards of a configuration; what has not changed since the generation before keeps its state. */
    static List<Forward> forwards(
            ProxyConfig config,
            Upstreams upstreams,
            ConfiguredKeys keys,
            KeyLimits keyLimits,
            @Nullable Generation before) {
        return config.httpServer().forwards().stream()
                .map(forward -> {
                    Admission admission =
                            Admission.of(forward, keys.of(forward), keyLimits, admission(forward.name(), before));
                    return forward(forward, upstreams, admission);
                })
                .toList();
    }

    private static Forward forward(ForwardConfig config, Upstreams upstreams, Admission admission) {
        String name = config.upstreamGroup();
        UpstreamGroup defaultGroup = name == null ? null : upstreams.group(name);
        List<Route<UpstreamGroup>> routes =
                config.routing().stream().map(rule -> route(rule, upstreams)).toList();
        return new Forward(config, RouteTable.of(routes, defaultGroup), admission);
    }

    private static Route<UpstreamGroup> route(RouteConfig rule, Upstreams upstreams) {
        return new Route<>(rule.host(), rule.path(), rule.header(), rule.model(), upstreams.group(rule.targetGroup()));
    }

    private static @Nullable Admission admission(String forwardName, @Nullable Generation before) {
        return Stream.ofNullable(before)
                .flatMap(generation -> generation.forwards.stream())
                .filter(forward -> forward.name().equals(forwardName))
                .map(Forward::admission)
                .findFirst()
                .orElse(null);
    }
}
