package io.llmproxy.boot;

import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.ListenerTlsConfig;
import io.llmproxy.config.ListenerTlsConfig.ClientAuth;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.UpstreamConfig;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds the forwards that anyone who can reach them may use: with no client keys, and not for this machine alone. */
final class Exposure {
    private final ProxyConfig config;
    private final boolean ownPorts;

    private Exposure(ProxyConfig config, boolean ownPorts) {
        this.config = config;
        this.ownPorts = ownPorts;
    }

    /**
     * Says in one line which forwards are open; nothing if none is.
     *
     * @param ownPorts whether the forwards' addresses decide who can reach them, and not a container's connectors
     */
    static Optional<String> of(ProxyConfig config, boolean ownPorts) {
        List<String> open = new Exposure(config, ownPorts).open();
        if (open.isEmpty()) {
            return Optional.empty();
        }
        String remedy = ownPorts ? "set keys, or address: 127.0.0.1" : "set keys, or close the connector to others";
        return Optional.of("no client keys: anyone who can reach " + String.join(", ", open)
                + " uses its upstreams with your credentials; " + remedy);
    }

    private List<String> open() {
        return config.httpServer().forwards().stream()
                .filter(forward -> !isLocal(forward) && !isGuarded(forward))
                .map(this::named)
                .toList();
    }

    private String named(ForwardConfig forward) {
        String name = "forward " + forward.name();
        return ownPorts ? name + " (" + forward.address() + ":" + forward.port() + ")" : name;
    }

    private boolean isLocal(ForwardConfig forward) {
        return ownPorts && forward.address().isLoopback();
    }

    private boolean isGuarded(ForwardConfig forward) {
        ListenerTlsConfig tls = forward.tls();
        boolean certificates = ownPorts && tls != null && tls.clientAuth() == ClientAuth.REQUIRED;
        return certificates
                || !config.keys().isEmpty()
                || !forward.keys().isEmpty()
                || upstreams(forward).stream()
                        .allMatch(upstream -> !upstream.keys().isEmpty());
    }

    private List<UpstreamConfig> upstreams(ForwardConfig forward) {
        Set<String> names = config.reachable(forward).stream().collect(Collectors.toSet());
        return config.upstreams().stream()
                .filter(upstream -> names.contains(upstream.name()))
                .toList();
    }
}
