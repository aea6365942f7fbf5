package io.llmproxy.jetty.container;

import jakarta.servlet.ServletContext;
import java.util.EventListener;
import org.eclipse.jetty.util.component.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does something when the Jetty that serves the web application begins to stop. The context hears of the stop when Jetty has closed all
 * connections, which is too late to let anything end.
 */
public final class JettyStop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JettyStop.class);

    /** How long Jetty lets connections end after that, if it has no such time itself: the last bytes of an answer may be on their way. */
    private static final long CONNECTIONS_MILLIS = 5000;

    private final Object server;
    private final Object listener;

    private JettyStop(Object server, Object listener) {
        this.server = server;
        this.listener = listener;
    }

    /** Jetty calls it in the midst of its stop, and goes on when it is done. */
    private record Before(Object server, Runnable task) implements LifeCycle.Listener {
        @Override
        public void lifeCycleStopping(LifeCycle stopping) {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.error("could not let open exchanges end before Jetty stops", e);
            }
            try {
                Class<?> type = server.getClass();
                if (type.getMethod("getStopTimeout").invoke(server).equals(0L)) {
                    type.getMethod("setStopTimeout", long.class).invoke(server, CONNECTIONS_MILLIS);
                }
            } catch (ReflectiveOperationException e) {
                LOG.warn("this Jetty has no stop timeout; what has just ended may be cut", e);
            }
        }
    }

    /**
     * Has something done before connections are closed, until this is closed; null if the container is not a Jetty that we know.
     *
     * @param context of the web application
     * @param task what is done; Jetty waits for it
     */
    public static @Nullable JettyStop before(ServletContext context, Runnable task) {
        if (!OtherJetty.isOfJetty(context)) {
            return null;
        }
        OtherJetty container = new OtherJetty(context.getClass().getClassLoader());
        try {
            Object scoped = context.getClass().getMethod("getContext").invoke(context);
            Object handler =
                    scoped.getClass().getMethod("getServletContextHandler").invoke(scoped);
            Object server = container
                    .type("org.eclipse.jetty.server.Handler")
                    .getMethod("getServer")
                    .invoke(handler);
            JettyStop stop =
                    new JettyStop(server, container.theirs(new Before(server, task), LifeCycle.Listener.class));
            stop.call("addEventListener");
            return stop;
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.warn("this Jetty does not tell of its stop as 12.0 and 12.1 do; a stop cuts what is open", e);
            return null;
        }
    }

    private void call(String method) throws ReflectiveOperationException {
        server.getClass().getMethod(method, EventListener.class).invoke(server, listener);
    }

    @Override
    public void close() {
        try {
            call("removeEventListener");
        } catch (ReflectiveOperationException e) {
            LOG.warn("this Jetty goes on telling of its stop", e);
        }
    }
}
