package io.llmproxy.config;

import java.time.Duration;

/** What a forward does for clients that ask for WebSocket. */
public record WebSocketConfig(
        @Setting(
                value =
                        "Whether WebSocket is allowed, on every path; if not, a handshake is treated as a plain request.",
                byDefault = "true")
        boolean enabled,

        @Setting(
                value =
                        "How long neither side may send anything, pings included, before the session is closed; 0 sets no limit.",
                byDefault = "10m",
                min = 0,
                max = 86400,
                unit = Unit.SECONDS)
        Duration idleTimeout,

        @Setting(
                value = "Largest message, all its frames together; a larger one closes the session. 0 sets no limit.",
                byDefault = "64MiB",
                min = 0,
                max = 1099511627776.0,
                unit = Unit.BYTES)
        long maxMessageSize) {}
