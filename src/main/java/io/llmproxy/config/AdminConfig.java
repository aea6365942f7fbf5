package io.llmproxy.config;

import io.llmproxy.net.ListenAddress;
import io.llmproxy.net.Network;
import java.util.List;
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
                        "In a container: port of the only connector that answers `/metrics`, `/health/detailed` and `/admin`; 0: none. Without it: every connector that belongs to no forward.",
                min = 0,
                max = 65535)
        @Nullable Integer connectorPort,

        @Setting("How long an operator's connection may take.")
        ClientTimeoutConfig timeout,

        @Setting(
                "Bearer token for calls that change something; also read from `LLMPROXY_ADMIN_TOKEN`. Without a token such calls are refused.")
        @Nullable Secret token,

        @Setting("TLS of the launcher's admin listener, and certificates of its clients. Without it: plain HTTP.")
        @Nullable ListenerTlsConfig tls,

        @Setting("Reverse proxy that authenticates operators and passes their names.") @Nullable SsoConfig sso,

        @Setting("An identity provider that signs people in to the console, by OpenID Connect.") @Nullable OidcConfig oidc,

        @Setting(
                value =
                        "In a container: whether operators may also sign in as users of the container's realm, with the roles `llmproxy-admin`, `llmproxy-editor` and `llmproxy-viewer`.",
                byDefault = "false")
        boolean realm,

        @Setting(
                "Admin APIs of replaced systems that are served too: `llmproxy` is that of shengyanli1982/llmproxy, below `/api/v1`, `maywzh` that of maywzh/llm-proxy, below `/admin/v1`.")
        List<Compat> compat,

        @Setting(
                "Networks (`10.0.0.0/8`) and addresses of proxies in front whose `X-Forwarded-For` or `Forwarded` tells where a call comes from, for the limit of wrong tokens and passwords and for the audit.")
        List<Network> trustedProxies) {
    /** Copies the lists. */
    public AdminConfig {
        compat = List.copyOf(compat);
        trustedProxies = List.copyOf(trustedProxies);
    }

    /** A system whose admin API is served as it was. */
    public enum Compat {
        LLMPROXY,
        MAYWZH
    }
}
