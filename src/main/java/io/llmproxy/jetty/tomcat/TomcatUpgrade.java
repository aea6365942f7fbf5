package io.llmproxy.jetty.tomcat;

import io.llmproxy.websocket.ConnectionUpgrade;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * Takes a connection over from Tomcat. Tomcat hands one over only while it calls a servlet: so it is made to call again, and that call
 * has to come to {@link #resume}.
 */
public final class TomcatUpgrade implements ConnectionUpgrade {
    private static final String OF_TOMCAT = "org.apache.catalina.";
    private static final String HANDLER = "org.apache.coyote.http11.upgrade.InternalHttpUpgradeHandler";

    private final AtomicReference<@Nullable Plan> agreed = new AtomicReference<>();

    /**
     * What becomes of a connection.
     *
     * @param next makes what speaks on it
     * @param executor does what must not be done in the midst of a read
     */
    record Plan(Function<EndPoint, Connection> next, Executor executor) {}

    private TomcatUpgrade() {}

    /** Returns what takes the connection of a request over; null if the container is not Tomcat. */
    public static @Nullable TomcatUpgrade of(HttpServletRequest clientRequest) {
        Class<?> context = clientRequest.getServletContext().getClass();
        return context.getName().startsWith(OF_TOMCAT) && isKnownTo(context) ? new TomcatUpgrade() : null;
    }

    /** GlassFish has classes of Tomcat's too, but not this one. */
    private static boolean isKnownTo(Class<?> context) {
        try {
            Class.forName(HANDLER, false, context.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    @Override
    public void to(AsyncContext async, Executor executor, Function<EndPoint, Connection> next) {
        agreed.set(new Plan(next, executor));
        async.dispatch();
    }

    /** Hands the connection over, if that is what Tomcat was made to call for. */
    public void resume(HttpServletRequest clientRequest) throws IOException, ServletException {
        Plan plan = agreed.getAndSet(null);
        if (plan != null) {
            clientRequest.upgrade(TomcatHandler.class).use(plan);
        }
    }
}
