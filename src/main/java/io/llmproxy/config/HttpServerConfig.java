package io.llmproxy.config;

import java.util.List;

/** The listeners: one for each forward, and one for the operators. */
public record HttpServerConfig(
        @Setting(value = "The addresses that clients connect to.", required = true)
        List<ForwardConfig> forwards,

        @Setting("The address for health checks, metrics and administration.")
        AdminConfig admin) {
    public HttpServerConfig {
        forwards = List.copyOf(forwards);
    }
}
