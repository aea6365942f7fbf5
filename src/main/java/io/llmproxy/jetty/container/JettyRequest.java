package io.llmproxy.jetty.container;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * A request as the Jetty that serves the web application has it, below the servlet API.
 *
 * @param container the container's copy of Jetty
 * @param request its {@code org.eclipse.jetty.server.Request}
 */
record JettyRequest(OtherJetty container, Object request) {
    /** A web application has one container. */
    private static final AtomicReference<@Nullable OtherJetty> CONTAINER = new AtomicReference<>();

    /** Returns what is below a request of the servlet API; null if the container is no Jetty. */
    static @Nullable JettyRequest of(HttpServletRequest clientRequest) throws ReflectiveOperationException {
        ServletRequest innermost = clientRequest;
        while (innermost instanceof ServletRequestWrapper wrapper) {
            innermost = wrapper.getRequest();
        }
        if (!OtherJetty.isOfJetty(innermost)) {
            return null;
        }
        OtherJetty container = container(innermost);
        Object request =
                container.method(innermost.getClass().getName(), "getRequest").invoke(innermost);
        return new JettyRequest(container, request);
    }

    private static OtherJetty container(ServletRequest innermost) {
        OtherJetty container = CONTAINER.get();
        if (container == null) {
            container = new OtherJetty(innermost.getClass().getClassLoader());
            CONTAINER.set(container);
        }
        return container;
    }

    /** Has the container tell when the client or its connection fails. */
    void onFailure(Consumer<Throwable> listener) throws ReflectiveOperationException {
        container
                .method("org.eclipse.jetty.server.Request", "addFailureListener", Consumer.class)
                .invoke(request, listener);
    }

    /** Returns the client's connection. */
    EndPoint endPoint() throws ReflectiveOperationException {
        container.check(EndPoint.class);
        container.check(container.type(Connection.class.getName()));
        Object metaData = container
                .method("org.eclipse.jetty.server.Request", "getConnectionMetaData")
                .invoke(request);
        Object connection = container
                .method("org.eclipse.jetty.server.ConnectionMetaData", "getConnection")
                .invoke(metaData);
        return container.ours(connection, Connection.class).getEndPoint();
    }
}
