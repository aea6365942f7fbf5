package io.llmproxy.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The sentinels, which know which of several Redis servers is the master at the moment. */
@Switchable
public record SentinelConfig(
        @Setting(value = "Name of the master, as in `sentinel monitor`.", required = true)
        String master,

        @Setting(
                value = "Addresses of the sentinels, each `host` or `host:port`; without a port, 26379.",
                required = true)
        List<String> nodes,

        @Setting("User (ACL) for the sentinels.") @Nullable String user,

        @Setting("Password for the sentinels, if they want one.") @Nullable Secret password,

        @Setting(value = "Whether the sentinels and Redis are reached with TLS.", byDefault = "false")
        boolean tls,

        @Setting(value = "Number of the database in Redis.", byDefault = "0", min = 0, max = 9999)
        int database) {}
