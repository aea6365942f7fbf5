package io.llmproxy.config;

import io.llmproxy.net.ListenAddress;
import io.llmproxy.net.Network;
import java.time.Duration;
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
        ListenAddress address,

        @Setting("TLS of the launcher's listener; in a container, the connector's TLS applies.") @Nullable ListenerTlsConfig tls,

        @Setting(
                value =
                        "Group for requests that no routing rule matches; without one they are answered 404. Required where there are no rules.",
                alias = "default_group")
        @Nullable String upstreamGroup,

        @Setting("Keys that clients may use on this forward, besides those for all forwards.")
        List<ClientKeyConfig> keys,

        @Setting("How many requests one client address may make.") @Nullable RateLimitConfig ratelimit,

        @Setting(
                "Networks (`10.0.0.0/8`) and addresses of proxies in front of the gateway, whose `X-Forwarded-For` tells the client's address.")
        List<Network> trustedProxies,

        @Setting(
                value = "Requests that are served at the same time; 0 sets no limit.",
                byDefault = "0",
                min = 0,
                max = 1000000)
        int maxConcurrent,

        @Setting(
                value =
                        "Requests that may wait when `max_concurrent` are being served; further ones are refused with 503.",
                byDefault = "100",
                min = 0,
                max = 1000000)
        int maxQueued,

        @Setting(
                value = "How long a request may wait for its turn before it is refused with 503.",
                byDefault = "10s",
                min = 0.01,
                max = 3600,
                unit = Unit.SECONDS)
        Duration queueTimeout,

        @Setting("How long a client may take.") ClientTimeoutConfig timeout,

        @Setting(
                "Which web pages may use the forward from a browser. Without it: all origins if every client needs a key, else the upstream's CORS headers pass.")
        @Nullable CorsConfig cors,

        @Setting("WebSocket sessions, as for OpenAI's Realtime and Gemini Live.")
        WebSocketConfig websocket,

        @Setting(
                value =
                        "Average bytes per second that a client must send of a body that is collected, after `timeout.connect`; 0 sets no limit.",
                byDefault = "128",
                min = 0,
                max = 1000000)
        int minBodyRate,

        @Setting("Optional prefix of model names: with `Proxy`, `Proxy/gpt-4o` means `gpt-4o`.") @Nullable String modelPrefix,

        @Setting("Rules that send some requests to other groups, by path, host, model or header.")
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
        long replayBuffer,

        @Setting(
                value =
                        "What happens to an answer that has begun when its client leaves: `abort` ends the upstream's request; `drain` reads on, so that what it took is known exactly.",
                byDefault = "abort")
        OnClientGone onClientGone,

        @Setting(
                value = "`on_client_gone: drain`: how long an answer is read on.",
                byDefault = "30s",
                min = 0.01,
                max = 3600,
                unit = Unit.SECONDS)
        Duration drainTimeout) {

    /** What happens to an answer whose client has left. */
    public enum OnClientGone {
        /** Its upstream is told to stop. */
        ABORT,
        /** It is read to its end. */
        DRAIN
    }

    public ForwardConfig {
        keys = List.copyOf(keys);
        trustedProxies = List.copyOf(trustedProxies);
        routing = List.copyOf(routing);
    }
}
