package io.llmproxy.jetty.container;

import io.llmproxy.websocket.ConnectionUpgrade;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a connection over from the Jetty that serves the web application, as Jetty's own WebSocket does: an attribute of the request
 * holds what speaks on the connection when the exchange is complete. {@code HttpServletRequest.upgrade} would not do: 12.0 has none,
 * and 12.1 has read the end of the request already, and so the end of the connection.
 */
public final class JettyUpgrade implements ConnectionUpgrade {
    private static final Logger LOG = LoggerFactory.getLogger(JettyUpgrade.class);

    private static final AtomicBoolean WARNED = new AtomicBoolean();

    private final HttpServletRequest clientRequest;
    private final OtherJetty container;
    private final EndPoint endPoint;

    private JettyUpgrade(HttpServletRequest clientRequest, OtherJetty container, EndPoint endPoint) {
        this.clientRequest = clientRequest;
        this.container = container;
        this.endPoint = endPoint;
    }

    /** Returns what takes the connection of a request over; null if the container is not a Jetty that we know. */
    public static @Nullable JettyUpgrade of(HttpServletRequest clientRequest) {
        try {
            JettyRequest request = JettyRequest.of(clientRequest);
            return request == null ? null : new JettyUpgrade(clientRequest, request.container(), request.endPoint());
        } catch (ReflectiveOperationException | RuntimeException e) {
            if (!WARNED.getAndSet(true)) {
                LOG.warn("this Jetty hands no connections over as 12.1 does; it serves no WebSocket", e);
            }
            return null;
        }
    }

    @Override
    public void to(AsyncContext async, Executor executor, Function<EndPoint, Connection> next) {
        try {
            Object attribute = container
                    .type("org.eclipse.jetty.server.HttpStream")
                    .getField("UPGRADE_CONNECTION_ATTRIBUTE")
                    .get(null);
            Object connection = container.theirs(next.apply(endPoint), Connection.class, Connection.UpgradeTo.class);
            clientRequest.setAttribute((String) attribute, connection);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
        async.complete();
    }
}
