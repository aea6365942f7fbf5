package io.llmproxy.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One address that clients connect to, and where their requests go. */
public record ForwardConfig(
        @Setting(
                value = "Unique name; also a metric label, and the path under which a container serves the forward.",
                required = true)
        String name,

        @Setting(value = "Port of the listener; 0 lets the system choose.", byDefault = "3000", min = 0, max = 65535)
        int port,

        @Setting(value = "IP address that the listener binds to.", byDefault = "0.0.0.0")
        String address,

        @Setting(value = "Group for requests that no routing rule matches.", required = true, alias = "default_group")
        String upstreamGroup,

        @Setting("How many requests one client address may make.") @Nullable RateLimitConfig ratelimit,

        @Setting("How long a client may take.") ClientTimeoutConfig timeout,

        @Setting("Rules that send some paths to other groups.")
        List<RouteConfig> routing,

        @Setting(
                value = "Largest request body; a larger one is refused with 413.",
                byDefault = "512MiB",
                min = 1024,
                max = 1099511627776.0,
                unit = Unit.BYTES)
        long maxBody,

        @Setting(
                value =
                        "How much of a request body is kept so that it can be sent again to another upstream; the rest is streamed.",
                byDefault = "8MiB",
                min = 0,
                max = 1073741824,
                unit = Unit.BYTES)
        long replayBuffer) {
    public ForwardConfig {
        routing = List.copyOf(routing);
    }
}
