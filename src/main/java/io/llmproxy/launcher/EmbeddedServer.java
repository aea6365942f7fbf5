package io.llmproxy.launcher;

import io.llmproxy.boot.Listening;
import io.llmproxy.boot.ProxyContextListener;
import io.llmproxy.boot.ProxyContextListener.Handover;
import io.llmproxy.config.AdminConfig;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.ProxyConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jboss.weld.environment.servlet.Listener;

/** Jetty in the place of a container: a listener for each forward and one for operators, and one web application. */
final class EmbeddedServer {
    /** Nothing on the path of a request blocks: more threads would only contend for the processors. */
    private static final int WORKERS = 32;

    private static final int MAX_REQUEST_HEAD = 16 * 1024;
    private static final int MAX_RESPONSE_HEAD = 64 * 1024;
    /** Larger pieces are not copied; smaller ones share a packet with the head. An idle stream costs this much. */
    private static final int OUTPUT_BUFFER = 4 * 1024;

    private static final int BACKLOG = 4096;
    private static final Duration CLIENT_IDLE = Duration.ofSeconds(75);
    private static final Duration DRAIN = Duration.ofSeconds(30);

    private final Server server;

    private EmbeddedServer(Server server) {
        this.server = server;
    }

    /** @throws PortTakenException if a listener cannot be opened; then nothing is left open */
    static EmbeddedServer start(ProxyConfig config) {
        int selectors = config.httpServer().forwards().size() + 1;
        QueuedThreadPool threads = new QueuedThreadPool(WORKERS + selectors);
        threads.setName("llmproxy-client");
        Server server = new Server(threads);
        server.setStopTimeout(DRAIN.toMillis());
        server.setErrorHandler(new JsonErrorHandler());
        EmbeddedServer embedded = new EmbeddedServer(server);
        try {
            Listening listening = embedded.listen(config);
            server.setHandler(new GracefulHandler(webApplication(new Handover(config, listening))));
            LifeCycle.start(server);
            return embedded;
        } catch (RuntimeException e) {
            embedded.stop();
            throw e;
        }
    }

    /** Opens all ports before anything else is done: a taken one is found at once, and a chosen one is known. */
    private Listening listen(ProxyConfig config) {
        Map<String, Integer> forwardPorts = new LinkedHashMap<>();
        for (ForwardConfig forward : config.httpServer().forwards()) {
            Duration head = forward.timeout().connect();
            forwardPorts.put(
                    forward.name(), listen("forward " + forward.name(), forward.address(), forward.port(), head));
        }
        AdminConfig admin = config.httpServer().admin();
        return new Listening(
                forwardPorts,
                listen("admin", admin.address(), admin.port(), admin.timeout().connect()));
    }

    private int listen(String name, String address, int port, Duration headTimeout) {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(MAX_REQUEST_HEAD);
        http.setResponseHeaderSize(MAX_RESPONSE_HEAD);
        http.setOutputBufferSize(OUTPUT_BUFFER);
        http.setUseInputDirectByteBuffers(false);
        ServerConnector connector = new ServerConnector(
                server, 0, 1, new HttpConnectionFactory(http), new HTTP2CServerConnectionFactory(http));
        connector.setName(name);
        connector.setHost(address);
        connector.setPort(port);
        connector.setAcceptQueueSize(BACKLOG);
        connector.setIdleTimeout(CLIENT_IDLE.toMillis());
        connector.addBean(new HeadDeadline(headTimeout, server.getScheduler()));
        server.addConnector(connector);
        try {
            connector.open();
        } catch (IOException e) {
            throw new PortTakenException(name, address, port, e);
        }
        return connector.getLocalPort();
    }

    /** The same parameters and listeners as in the WAR's web.xml. */
    private static ServletContextHandler webApplication(Handover handover) {
        ServletContextHandler context = new ServletContextHandler("/");
        context.setInitParameter("org.jboss.weld.context.mapping", "none");
        context.setInitParameter("org.jboss.weld.context.ignore.guard", "false");
        context.setAttribute(Handover.ATTRIBUTE, handover);
        context.addEventListener(new Listener());
        context.addEventListener(new ProxyContextListener());
        return context;
    }

    /** Lets what is open come to its end, within limits, and closes the rest. */
    void stop() {
        LifeCycle.stop(server);
    }
}
