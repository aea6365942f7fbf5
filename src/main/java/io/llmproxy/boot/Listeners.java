package io.llmproxy.boot;

import io.llmproxy.config.ProxyConfig;

/** Opens and closes the ports of a configuration. In a container they are the container's. */
public interface Listeners {
    /** Leaves the ports to the container, whose operator opens those that the configuration names. */
    Listeners OF_CONTAINER = new Listeners() {
        @Override
        public Listening open(ProxyConfig config) {
            return Listening.asConfigured(config);
        }

        @Override
        public void settle(ProxyConfig config) {}
    };

    /**
     * Opens the ports of a configuration that are not open yet. Connections to them wait until {@link #settle}; nothing is
     * closed.
     *
     * @return all ports of the configuration
     * @throws RuntimeException if a port cannot be opened; then none is left open that was not before
     */
    Listening open(ProxyConfig config);

    /** Lets clients in on all ports of the configuration, and in on no other. */
    void settle(ProxyConfig config);
}
