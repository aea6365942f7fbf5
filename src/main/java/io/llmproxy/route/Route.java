package io.llmproxy.route;

import io.llmproxy.config.HostPattern;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.RouteHeaderConfig;
import io.llmproxy.net.PathPattern;
import org.jspecify.annotations.Nullable;

/**
 * Leads the requests that meet all conditions to a target.
 *
 * @param host which hosts, and which prefix the paths begin with; null for all
 * @param path which paths, behind the host's prefix; null for all
 * @param header a header that the request has; null for none
 * @param model which models; null for all, and for requests without one
 * @param target where to
 * @param <T> what a route leads to
 */
public record Route<T>(
        @Nullable HostPattern host,
        @Nullable PathPattern path,
        @Nullable RouteHeaderConfig header,
        @Nullable ModelPattern model,
        T target) {
    /** The path's segments that the host's pattern asks for; empty for none. */
    String prefix() {
        return host == null ? "" : host.prefix();
    }
}
