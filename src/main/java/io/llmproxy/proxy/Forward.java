package io.llmproxy.proxy;

import io.llmproxy.config.ForwardConfig;
import io.llmproxy.ratelimit.ConcurrencyLimit;
import io.llmproxy.route.RouteTable;
import io.llmproxy.upstream.UpstreamGroup;
import org.jspecify.annotations.Nullable;

/** One address that clients connect to: its settings, and which group serves which path. */
public final class Forward {
    private final ForwardConfig config;
    private final RouteTable<UpstreamGroup> routes;
    private final UpstreamGroup defaultGroup;
    private final @Nullable ConcurrencyLimit slots;

    /**
     * @param config the settings
     * @param routes groups for some paths
     * @param defaultGroup the group for all other paths
     * @param before the forward of the same name in the configuration before, or null; who is counted there goes on to be
     */
    public Forward(
            ForwardConfig config,
            RouteTable<UpstreamGroup> routes,
            UpstreamGroup defaultGroup,
            @Nullable Forward before) {
        this.config = config;
        this.routes = routes;
        this.defaultGroup = defaultGroup;
        this.slots = slots(config, before);
    }

    private static @Nullable ConcurrencyLimit slots(ForwardConfig config, @Nullable Forward before) {
        if (before != null
                && before.config.maxConcurrent() == config.maxConcurrent()
                && before.config.maxQueued() == config.maxQueued()) {
            return before.slots;
        }
        return config.maxConcurrent() == 0 ? null : new ConcurrencyLimit(config.maxConcurrent(), config.maxQueued());
    }

    /** The name from the configuration; also a metric label. */
    public String name() {
        return config.name();
    }

    /** The settings. */
    public ForwardConfig config() {
        return config;
    }

    /** How many requests are served at a time; null if there is no limit. */
    @Nullable ConcurrencyLimit slots() {
        return slots;
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
