package io.llmproxy.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How a group's upstreams are spoken to. */
public record HttpClientConfig(
        @Setting(value = "`User-Agent` sent to upstreams.", byDefault = "LLMProxy/1.0")
        String agent,

        @Setting(
                value = "Idle time after which TCP keepalive probes start; 0 switches them off.",
                byDefault = "1m",
                min = 0,
                max = 600,
                unit = Unit.SECONDS)
        Duration keepalive,

        @Setting(
                value = "Whether answers may stream without a time limit; `false` makes `timeout.request` limit them.",
                byDefault = "true",
                alias = "stream_mode")
        boolean stream,

        @Setting(
                value =
                        "Silence on an event stream after which the client is sent a heartbeat, so that one that left is noticed; 0 switches it off.",
                byDefault = "15s",
                min = 0,
                max = 600,
                unit = Unit.SECONDS)
        Duration heartbeat,

        @Setting(
                value =
                        "How long the beginning of an event stream without any content is held back, so that another upstream can still take over; 0 holds nothing back.",
                byDefault = "2s",
                min = 0,
                max = 60000,
                unit = Unit.MILLISECONDS)
        Duration commitDelay,

        @Setting(value = "Whether upstreams are told the client's address (`X-Forwarded-For`).", byDefault = "false")
        boolean forwarded,

        @Setting("How long the steps of an exchange may take.")
        TimeoutConfig timeout,

        @Setting(
                value =
                        "Age after which a connection to an upstream takes no further request, so that a changed DNS entry is noticed; 0 sets no limit.",
                byDefault = "5m",
                min = 0,
                max = 86400,
                unit = Unit.SECONDS)
        Duration maxConnectionAge,

        @Setting("Whether and how failed requests are tried again.") @Nullable RetryConfig retry,

        @Setting("The proxy through which the upstreams are reached.") @Nullable OutboundProxyConfig proxy) {}
