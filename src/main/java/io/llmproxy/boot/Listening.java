package io.llmproxy.boot;

import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.ProxyConfig;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * The ports that are listened on. They differ from the configured ones where the system was left to choose.
 *
 * @param forwardPorts port of each forward, by name
 * @param adminPort port for operators, on which no forward is served
 */
public record Listening(Map<String, Integer> forwardPorts, int adminPort) {
    /** Copies the map. */
    public Listening {
        forwardPorts = Map.copyOf(forwardPorts);
    }

    /** Returns the ports as they are configured, for a container that opens them. */
    static Listening asConfigured(ProxyConfig config) {
        return new Listening(
                config.httpServer().forwards().stream()
                        .collect(Collectors.toMap(ForwardConfig::name, ForwardConfig::port)),
                config.httpServer().admin().port());
    }

    int port(ForwardConfig forward) {
        return Objects.requireNonNull(forwardPorts.get(forward.name()));
    }
}
