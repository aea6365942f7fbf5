package io.llmproxy.proxy;

import io.llmproxy.config.ForwardConfig;
import io.llmproxy.route.RouteTable;
import io.llmproxy.upstream.UpstreamGroup;

/** One address that clients connect to: its settings, and which group serves which path. */
public final class Forward {
    private final ForwardConfig config;
    private final RouteTable<UpstreamGroup> routes;
    private final UpstreamGroup defaultGroup;
    private final Admission admission;

    /**
     * @param config the settings
     * @param routes groups for some paths
     * @param defaultGroup the group for all other paths
     * @param admission who may come in
     */
    public Forward(
            ForwardConfig config, RouteTable<UpstreamGroup> routes, UpstreamGroup defaultGroup, Admission admission) {
        this.config = config;
        this.routes = routes;
        this.defaultGroup = defaultGroup;
        this.admission = admission;
    }

    /** The name from the configuration; also a metric label. */
    public String name() {
        return config.name();
    }

    /** The settings. */
    public ForwardConfig config() {
        return config;
    }

    /** Who may come in. */
    public Admission admission() {
        return admission;
    }

    /** The group for the paths that no rule matches. */
    UpstreamGroup defaultGroup() {
        return defaultGroup;
    }

    /** The group that serves a path. */
    UpstreamGroup route(String path) {
        UpstreamGroup matched = routes.lookup(path);
        return matched == null ? defaultGroup : matched;
    }
}
