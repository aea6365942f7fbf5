package io.llmproxy.config;

import java.time.Duration;
import java.util.List;

/** The listeners: one for each forward, and one for the operators. */
public record HttpServerConfig(
        @Setting(value = "The addresses that clients connect to.", required = true)
        List<ForwardConfig> forwards,

        @Setting("The address for health checks, metrics and administration.")
        AdminConfig admin,

        @Setting(
                value =
                        "How long open exchanges may go on after the process is told to stop; those that are still open then end with an error.",
                byDefault = "30s",
                min = 0.01,
                max = 3600,
                unit = Unit.SECONDS)
        Duration shutdownTimeout,

        @Setting(
                value =
                        "Total memory for request bodies and converted answers; beyond it requests are refused with 503. 0: a quarter of the heap.",
                byDefault = "0",
                min = 0,
                max = 1099511627776.0,
                unit = Unit.BYTES)
        long maxBuffered,

        @Setting(
                value =
                        "Under overload: how long a request may wait before the gateway begins to handle it; later ones are refused with 503. 0 sets no limit.",
                byDefault = "100ms",
                min = 0,
                max = 60000,
                unit = Unit.MILLISECONDS)
        Duration maxLag,

        @Setting(
                value =
                        "How many idle connections of one client address (IPv6: /64) the launcher keeps; beyond it the longest idle ones are closed. 0 sets no limit.",
                byDefault = "1000",
                min = 0,
                max = 1000000)
        int maxIdleConnections) {
    public HttpServerConfig {
        forwards = List.copyOf(forwards);
    }
}
