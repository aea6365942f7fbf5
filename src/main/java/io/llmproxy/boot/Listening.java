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
 * @param complete whether there are no other ports; then a request that arrived on another one came over a connection
 *     whose listener is gone
 */
public record Listening(Map<String, Integer> forwardPorts, int adminPort, boolean complete) {
    /** Copies the map. */
    public Listening {
        forwardPorts = Map.copyOf(forwardPorts);
    }

    /** Returns the ports as they are configured, for a container that opens them. */
    static Listening asConfigured(ProxyConfig config) {
        return new Listening(
                config.httpServer().forwards().stream()
                        .collect(Collectors.toMap(ForwardConfig::name, ForwardConfig::port)),
                config.httpServer().admin().port(),
                false);
    }

    int port(String forward) {
        return Objects.requireNonNull(forwardPorts.get(forward));
    }
}
