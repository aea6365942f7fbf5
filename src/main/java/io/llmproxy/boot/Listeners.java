package io.llmproxy.boot;

import io.llmproxy.config.ProxyConfig;

/** Opens and closes the ports of a configuration. In a container they are the container's. */
public interface Listeners {
    /**
     * Opens the ports of a configuration that are not open yet, and reads its certificates. Connections to the ports wait until
     * {@link #settle}; nothing is closed, and what is open shows the certificates that it had.
     *
     * @return all ports of the configuration
     * @throws RuntimeException if a port cannot be opened, or a certificate is none; then nothing has changed
     */
    Listening open(ProxyConfig config);

    /** Lets clients in on all ports of the configuration, and in on no other. */
    void settle(ProxyConfig config);
}
