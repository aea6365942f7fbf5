package io.llmproxy.jetty.container;

import io.llmproxy.websocket.ConnectionUpgrade;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
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

    /** The container's copy; a web application has one container. */
    private static final AtomicReference<@Nullable OtherJetty> CONTAINER = new AtomicReference<>();

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
        ServletRequest innermost = clientRequest;
        while (innermost instanceof ServletRequestWrapper wrapper) {
            innermost = wrapper.getRequest();
        }
        if (!OtherJetty.isOfJetty(innermost)) {
            return null;
        }
        try {
            OtherJetty container = container(innermost);
            return new JettyUpgrade(clientRequest, container, endPoint(innermost, container));
        } catch (ReflectiveOperationException | RuntimeException e) {
            if (!WARNED.getAndSet(true)) {
                LOG.warn("this Jetty hands no connections over as 12.1 does; it serves no WebSocket", e);
            }
            return null;
        }
    }

    private static OtherJetty container(ServletRequest innermost) throws ReflectiveOperationException {
        OtherJetty container = CONTAINER.get();
        if (container == null) {
            container = new OtherJetty(innermost.getClass().getClassLoader());
            container.check(EndPoint.class);
            container.check(container.type(Connection.class.getName()));
            CONTAINER.set(container);
        }
        return container;
    }

    private static EndPoint endPoint(ServletRequest innermost, OtherJetty container)
            throws ReflectiveOperationException {
        Object request = innermost.getClass().getMethod("getRequest").invoke(innermost);
        Object metaData = container
                .type("org.eclipse.jetty.server.Request")
                .getMethod("getConnectionMetaData")
                .invoke(request);
        Object connection = container
                .type("org.eclipse.jetty.server.ConnectionMetaData")
                .getMethod("getConnection")
                .invoke(metaData);
        return container.ours(connection, Connection.class).getEndPoint();
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
