package io.llmproxy.config;

/** The proxy through which upstreams are reached. */
@Switchable
public record OutboundProxyConfig(
        @Setting(
                value =
                        "`http://`, `https://` or `socks5://` URL of the proxy, with `user:password@` if it needs a login.",
                required = true)
        Secret url) {}
