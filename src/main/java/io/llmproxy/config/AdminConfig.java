package io.llmproxy.config;

import io.llmproxy.net.ListenAddress;
import org.jspecify.annotations.Nullable;

/** The listener for health checks, metrics and administration. */
public record AdminConfig(
        @Setting(
                value = "Port of the admin listener; 0 lets the system choose.",
                byDefault = "9000",
                min = 0,
                max = 65535)
        int port,

        @Setting(value = "IP address that the launcher's admin listener binds to.", byDefault = "127.0.0.1")
        ListenAddress address,

        @Setting(
                value =
                        "In a container: port of the only connector that answers `/metrics`, `/health/detailed` and `/admin`; 0 stands for none. Without it, each connector that belongs to no forward does.",
                min = 0,
                max = 65535)
        @Nullable Integer connectorPort,

        @Setting("How long an operator's connection may take.")
        ClientTimeoutConfig timeout,

        @Setting(
                "Bearer token for calls that change something; also read from `LLMPROXY_ADMIN_TOKEN`. Without one they are refused.")
        @Nullable Secret token) {}
