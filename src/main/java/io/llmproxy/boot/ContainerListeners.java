package io.llmproxy.boot;

import io.llmproxy.config.ProxyConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Leaves the ports to the container, whose operator opens those that the configuration names. */
final class ContainerListeners implements Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(ContainerListeners.class);

    @Override
    public Listening open(ProxyConfig config) {
        config.httpServer().forwards().stream()
                .filter(forward -> forward.tls() != null)
                .forEach(forward -> LOG.warn(
                        "forward {}: tls has no effect here (expected: TLS on the container's connector)",
                        forward.name()));
        return Listening.asConfigured(config);
    }

    @Override
    public void settle(ProxyConfig config) {}
}
