package io.llmproxy.config;

import io.llmproxy.net.PathPattern;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Sends the requests that meet all of its conditions to a group. */
public record RouteConfig(
        @Setting(
                "Pattern of paths: static segments, `:name`, `{name:regex}`, `*` for one segment or, at the end, for all the rest.")
        @Nullable PathPattern path,

        @Setting(
                "Host that the client asks: `name`, `name:port` or `*.name`, also with a `/prefix` of the path, which is removed.")
        @Nullable HostPattern host,

        @Setting(
                "Model that the client asks for: a name, a name with `*`, or a regular expression (RE2) of whole names.")
        @Nullable ModelPattern model,

        @Setting("Header that the request has.") @Nullable RouteHeaderConfig header,

        @Setting(value = "Group that the matching requests go to.", required = true)
        String targetGroup) {
    /** The rule without what tells it from another with the same conditions. */
    public RouteConfig conditions() {
        RouteHeaderConfig lower =
                header == null ? null : new RouteHeaderConfig(header.key().toLowerCase(Locale.ROOT), header.value());
        return new RouteConfig(path, host, model, lower, "");
    }

    /** Whether nothing but the path counts. */
    public boolean isPathAlone() {
        return host == null && model == null && header == null;
    }

    /** Whether any request would match. */
    public boolean isUnconditional() {
        return path == null && isPathAlone();
    }
}
