package io.llmproxy.jetty.server;

import io.llmproxy.jetty.loop.LoopEndPoint;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bounds the idle connections of each client address, over all forwards: else one client could hold all file descriptors that
 * the process may have, and no other would get in. Those go first that have been idle for longest; none that carries a request
 * goes.
 */
public final class IdleClients extends AbstractLifeCycle implements Connection.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(IdleClients.class);
    private static final long PERIOD_MILLIS = 250;
    private static final int NETWORK_BYTES = 8;

    private final Scheduler scheduler;
    /** Whose a connection is: when it is closed, its socket no longer tells. */
    private final Map<Connection, ByteBuffer> clients = new ConcurrentHashMap<>();

    private final Map<ByteBuffer, Set<Connection>> open = new ConcurrentHashMap<>();
    private volatile int most = Integer.MAX_VALUE;

    public IdleClients(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** Sets how many there may be; 0 for any number. */
    public void allow(int connections) {
        most = connections == 0 ? Integer.MAX_VALUE : connections;
    }

    @Override
    protected void doStart() {
        again();
    }

    private void again() {
        scheduler.schedule(this::look, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public void onOpened(Connection connection) {
        // TLS is there from a connection's beginning, before its first byte, and what it carries is not counted again.
        if (connection.getEndPoint() instanceof LoopEndPoint) {
            ByteBuffer client = address(connection);
            clients.put(connection, client);
            open.compute(client, (key, others) -> {
                Set<Connection> connections = others == null ? ConcurrentHashMap.newKeySet() : others;
                connections.add(connection);
                return connections;
            });
        }
    }

    @Override
    public void onClosed(Connection connection) {
        ByteBuffer client = clients.remove(connection);
        if (client != null) {
            open.computeIfPresent(client, (key, connections) -> {
                connections.remove(connection);
                return connections.isEmpty() ? null : connections;
            });
        }
    }

    /** The address, or its /64 network, as a host with IPv6 chooses the rest freely. */
    private static ByteBuffer address(Connection connection) {
        byte[] address = connection.getEndPoint().getRemoteSocketAddress() instanceof InetSocketAddress remote
                ? remote.getAddress().getAddress()
                : new byte[0];
        return ByteBuffer.wrap(address, 0, Math.min(address.length, NETWORK_BYTES));
    }

    private void look() {
        int allowed = most;
        try {
            open.values().stream()
                    .filter(connections -> connections.size() > allowed)
                    .forEach(connections -> closeIdle(connections, allowed));
        } catch (RuntimeException e) {
            LOG.warn("idle connections could not be closed; the next attempt follows", e);
        } finally {
            if (isRunning()) {
                again();
            }
        }
    }

    private static void closeIdle(Collection<Connection> connections, int allowed) {
        List<Idle> idle = connections.stream()
                .filter(IdleClients::isIdle)
                .map(connection -> new Idle(connection, idleMillis(connection)))
                .sorted(Comparator.comparingLong(Idle::millis).reversed())
                .toList();
        idle.stream()
                .limit(Math.max(0, idle.size() - allowed))
                .map(Idle::connection)
                .forEach(IdleClients::closeIfStillIdle);
    }

    /** A request may have come meanwhile. Only the thread that reads it can tell. */
    private static void closeIfStillIdle(Connection connection) {
        if (connection.getEndPoint() instanceof LoopEndPoint endPoint) {
            endPoint.onLoop(() -> {
                if (isIdle(connection)) {
                    close(connection);
                }
            });
        }
    }

    /** Taken once, as it grows while they are sorted. */
    private record Idle(Connection connection, long millis) {}

    private static long idleMillis(Connection connection) {
        return connection.getEndPoint() instanceof AbstractEndPoint endPoint ? endPoint.getIdleFor() : 0;
    }

    /** Between two requests, or before the first. */
    private static boolean isIdle(Connection connection) {
        if (connection instanceof SslConnection tls) {
            Connection inside = tls.getSslEndPoint().getConnection();
            return isHttp(inside) ? isIdle(inside) : tls.getBytesIn() == 0;
        }
        if (connection instanceof HTTP2Connection http2) {
            return http2.getSession().getStreams().isEmpty();
        }
        return connection instanceof HttpConnection http
                && http.getParser().isStart()
                && http.getMessagesIn() == http.getMessagesOut();
    }

    private static boolean isHttp(@Nullable Connection connection) {
        return connection instanceof HttpConnection || connection instanceof HTTP2Connection;
    }

    private static void close(Connection connection) {
        if (connection instanceof SslConnection tls
                && isHttp(tls.getSslEndPoint().getConnection())) {
            close(tls.getSslEndPoint().getConnection());
        } else if (connection instanceof HTTP2Connection http2) {
            http2.getSession().close(ErrorCode.NO_ERROR.code, "idle", Callback.NOOP);
        } else {
            connection.getEndPoint().close();
        }
    }
}
