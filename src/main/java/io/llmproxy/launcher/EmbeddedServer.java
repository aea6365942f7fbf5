package io.llmproxy.launcher;

import io.llmproxy.boot.ConfigSource;
import io.llmproxy.boot.ProxyAssembly;
import io.llmproxy.boot.ProxyContextListener;
import io.llmproxy.boot.ProxyContextListener.Handover;
import io.llmproxy.boot.StoredConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.jetty.loop.LoopThreads;
import io.llmproxy.jetty.server.JsonErrorHandler;
import io.llmproxy.jetty.server.OperatorCalls;
import java.util.Objects;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/** Jetty in the place of a container: a listener for each forward and one for operators, and one web application. */
final class EmbeddedServer {
    /** For what blocks, which nothing on the path of a request does. */
    private static final int WORKERS = 32;

    /**
     * Buffers that are kept as long as a stream is open and those that are used for a moment differ in length by more than this.
     * Where they are of one length, Jetty looks for a free one among all that are not.
     */
    private static final int BUFFER_STEP = 1024;

    private static final int LARGEST_BUFFER = 64 * 1024;

    private final Server server;
    private final EventLoops loops;
    private final ServerListeners listeners;
    private final ServletContextHandler application = new ServletContextHandler("/");

    private EmbeddedServer() {
        LoopThreads threads = new LoopThreads("llmproxy-loop", WORKERS);
        Scheduler scheduler = new ScheduledExecutorScheduler("llmproxy-timer", true);
        server = new Server(threads, scheduler, new ArrayByteBufferPool(0, BUFFER_STEP, LARGEST_BUFFER));
        server.setErrorHandler(new JsonErrorHandler());
        loops = new EventLoops(threads, scheduler, EventLoops.recommended());
        server.addBean(loops);
        listeners = new ServerListeners(server, loops);
    }

    /**
     * Serves a configuration.
     *
     * @param source where it came from
     * @param config the configuration
     * @param stored the store that it came from; null if it is a file
     * @throws PortTakenException if a listener cannot be opened; then nothing is left open
     */
    static EmbeddedServer start(ConfigSource source, ProxyConfig config, @Nullable StoredConfig stored) {
        EmbeddedServer embedded = new EmbeddedServer();
        try {
            // Before anything else is done, so that a taken port is found at once.
            embedded.listeners.open(config);
            embedded.install(new Handover(source, config, stored, embedded.listeners, embedded.loops));
            LifeCycle.start(embedded.server);
            return embedded;
        } catch (RuntimeException e) {
            LifeCycle.stop(embedded.server);
            throw e;
        }
    }

    /** The same listener as in the WAR's web.xml. */
    private void install(Handover handover) {
        application.setAttribute(Handover.ATTRIBUTE, handover);
        application.addEventListener(new ProxyContextListener());
        server.setHandler(new OperatorCalls(application, loops.threads()));
    }

    /** Loads the configuration again. */
    void reload() {
        assembly().reload();
    }

    /** Takes no new connections, lets what is open come to its end within limits, and closes the rest. */
    void stop() {
        assembly().announceStop();
        listeners.stopAccepting();
        assembly().drain();
        LifeCycle.stop(server);
    }

    private ProxyAssembly assembly() {
        Object assembly = application.getServletContext().getAttribute(ProxyAssembly.ATTRIBUTE);
        return (ProxyAssembly) Objects.requireNonNull(assembly, "started");
    }
}
