package io.llmproxy.proxy.request;

import io.undertow.server.HttpServerExchange;
import io.undertow.servlet.handlers.ServletRequestContext;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * The thread that serves a client's connection in Undertow, the server of WildFly. If another thread ends an exchange, Undertow wakes
 * this one to read the next request, and lets it spin until the other has finished: with fewer processors than busy threads that costs
 * most of the CPU of a plain request.
 */
final class UndertowThread {
    private static final String OF_UNDERTOW = "io.undertow.";

    private final HttpServerExchange exchange;

    private UndertowThread(HttpServerExchange exchange) {
        this.exchange = exchange;
    }

    /** Returns the thread of a request that is being served now; null if the container is not Undertow, or hides its classes. */
    static @Nullable UndertowThread of(HttpServletRequest clientRequest) {
        String context = clientRequest.getServletContext().getClass().getName();
        return context.startsWith(OF_UNDERTOW) && Visible.VISIBLE ? Current.thread() : null;
    }

    /**
     * Whether an exchange may end there. Undertow reads what is left of a request first, for which this thread, that others wait for, must
     * not wait.
     */
    boolean mayEnd() {
        return exchange.isRequestComplete();
    }

    void execute(Runnable task) {
        exchange.getIoThread().execute(task);
    }

    /** A web application sees those classes of WildFly that its {@code jboss-deployment-structure.xml} names. */
    private static final class Visible {
        static final boolean VISIBLE = isVisible();

        private static boolean isVisible() {
            ClassLoader ours = UndertowThread.class.getClassLoader();
            try {
                Class.forName(OF_UNDERTOW + "servlet.handlers.ServletRequestContext", false, ours);
                return true;
            } catch (ClassNotFoundException e) {
                return false;
            }
        }
    }

    /** Loaded only where Undertow is. */
    private static final class Current {
        static @Nullable UndertowThread thread() {
            ServletRequestContext context = ServletRequestContext.current();
            HttpServerExchange exchange = context == null ? null : context.getExchange();
            return exchange == null ? null : new UndertowThread(exchange);
        }
    }
}
