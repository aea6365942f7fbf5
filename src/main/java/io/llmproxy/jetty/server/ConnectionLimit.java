package io.llmproxy.jetty.server;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.ServerConnector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes no more clients' connections than the process has file descriptors for. Further ones wait with the system until one
 * is closed. Jetty's own limit knows only the connectors that are there from the beginning.
 */
public final class ConnectionLimit extends NetworkConnectionLimit {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionLimit.class);
    private static final Duration BETWEEN_WARNINGS = Duration.ofSeconds(30);

    /** For the program itself, its ports, its logs and operators. */
    private static final long OWN_DESCRIPTORS = 64;

    private final Set<ServerConnector> connectors = ConcurrentHashMap.newKeySet();
    private volatile boolean limiting;
    private long nextWarning = System.nanoTime();

    private ConnectionLimit(int connections) {
        super(connections, new Connector[0]);
    }

    /** Returns one that suits the process; where it is not known how many descriptors it may have, there is no limit. */
    public static ConnectionLimit ofProcess() {
        long descriptors = descriptors();
        // Each needs a connection to an upstream, too; and a pool keeps some that are idle.
        long connections = (descriptors - OWN_DESCRIPTORS - descriptors / 8) / 2;
        return new ConnectionLimit((int) Math.max(16, Math.min(connections, Integer.MAX_VALUE)));
    }

    /** The class is not part of every Java runtime, and not every system has such a limit. */
    private static long descriptors() {
        try {
            Class<?> unix = Class.forName("com.sun.management.UnixOperatingSystemMXBean");
            Object limit =
                    unix.getMethod("getMaxFileDescriptorCount").invoke(ManagementFactory.getOperatingSystemMXBean());
            return limit instanceof Long known && known > 0 ? known : Long.MAX_VALUE;
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            LOG.debug("the limit of file descriptors is not known", e);
            return Long.MAX_VALUE;
        }
    }

    /** Counts the connections of one more connector, which has not been started. */
    public void add(ServerConnector connector) {
        connector.addBean(this, false);
        connectors.add(connector);
        if (limiting) {
            connector.setAccepting(false);
        }
    }

    /** Leaves it alone whether a connector accepts; its connections still count. */
    public void release(ServerConnector connector) {
        connectors.remove(connector);
    }

    @Override
    protected void limit() {
        limiting = true;
        connectors.forEach(connector -> connector.setAccepting(false));
        long now = System.nanoTime();
        if (now - nextWarning >= 0) {
            nextWarning = now + BETWEEN_WARNINGS.toNanos();
            LOG.warn(
                    "{} connections are open; more would need more file descriptors than the process may have",
                    getMaxNetworkConnectionCount());
        }
    }

    @Override
    protected void unlimit() {
        limiting = false;
        connectors.forEach(connector -> connector.setAccepting(true));
    }
}
