package io.llmproxy.route;

import io.llmproxy.config.HostPattern;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.RouteHeaderConfig;
import io.llmproxy.net.PathPattern;
import java.util.StringJoiner;
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
    /** Its conditions in one line, without the value of the header. */
    String rule() {
        StringJoiner conditions = new StringJoiner(" ");
        if (host != null) {
            conditions.add("host=" + host);
        }
        if (path != null) {
            conditions.add("path=" + path);
        }
        if (header != null) {
            conditions.add("header=" + header.key());
        }
        if (model != null) {
            conditions.add("model=" + model);
        }
        return conditions.toString();
    }

    /** The path's segments that the host's pattern asks for; empty for none. */
    String prefix() {
        return host == null ? "" : host.prefix();
    }
}
