package io.llmproxy.launcher;

import io.llmproxy.boot.Listeners;
import io.llmproxy.boot.Listening;
import io.llmproxy.config.AdminConfig;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.ListenerTlsConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.jetty.loop.EventLoops;
import io.llmproxy.jetty.server.ConnectionLimit;
import io.llmproxy.jetty.server.ConnectionUpgrades;
import io.llmproxy.jetty.server.HeadDeadline;
import io.llmproxy.jetty.server.IdleClients;
import io.llmproxy.jetty.server.ListenerConnector;
import io.llmproxy.jetty.server.ListenerProtocols;
import io.llmproxy.jetty.server.ListenerTls;
import io.llmproxy.jetty.server.OperatorCalls;
import io.llmproxy.jetty.server.RetiredConnector;
import io.llmproxy.jetty.server.WaitingClients;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http.UriCompliance.Violation;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.IO;
import org.eclipse.jetty.util.component.LifeCycle;
import org.jspecify.annotations.Nullable;

/** The server's connectors: one for each forward and one for operators. They come and go with the configuration. */
final class ServerListeners implements Listeners {
    /** Name of the connector for operators. */
    private static final String ADMIN = OperatorCalls.CONNECTOR;

    private static final int MAX_REQUEST_HEAD = 16 * 1024;
    private static final int MAX_RESPONSE_HEAD = 64 * 1024;

    /** Answers are written in pieces of this length at most; event streams have less. */
    private static final int OUTPUT_BUFFER = 32 * 1024;

    /** What is shorter is gathered; what is longer is written as it is. */
    private static final int SHORT_OUTPUT = 2 * 1024;

    /** Requests are read in pieces of this length. */
    private static final int INPUT_BUFFER = 8 * 1024;

    /** Which paths pass is decided further down, for all containers alike, and told in the client's words. */
    private static final UriCompliance PATHS =
            UriCompliance.UNSAFE.without("PATHS", Violation.USER_INFO, Violation.FRAGMENT);

    private static final int BACKLOG = 4096;
    private static final Duration CLIENT_IDLE = Duration.ofSeconds(75);

    private final Server server;
    private final EventLoops loops;
    private final WaitingClients waiting;
    private final IdleClients idle;
    private final ConnectionLimit limit = ConnectionLimit.ofProcess();
    private final Map<Socket, ServerConnector> open = new HashMap<>();
    private @Nullable Prepared prepared;

    /**
     * What a connector listens on.
     *
     * @param port the port; 0 where the system chooses one, which then stays with the listener
     * @param listener the name of the listener if the system chooses the port, else empty: a port may change hands
     */
    private record Socket(String address, int port, String listener) {
        static Socket of(Wanted wanted) {
            return new Socket(wanted.address, wanted.port, wanted.port == 0 ? wanted.name : "");
        }
    }

    /**
     * What connections will begin with when a configuration is served.
     *
     * @param config the configuration
     * @param tls by listener; there is none where HTTP is spoken at once
     */
    private record Prepared(ProxyConfig config, Map<Socket, ListenerTls> tls) {
        /** Not for an equal one: when that goes on after a failure, so does the certificate that it had. */
        @SuppressWarnings("ReferenceEquality")
        boolean isFor(ProxyConfig settled) {
            return config == settled;
        }
    }

    /** A listener of the configuration. */
    private record Wanted(
            String name,
            String address,
            int port,
            Duration head,
            @Nullable ListenerTlsConfig tls) {
        static List<Wanted> in(ProxyConfig config) {
            List<Wanted> wanted = new ArrayList<>();
            for (ForwardConfig forward : config.httpServer().forwards()) {
                wanted.add(new Wanted(
                        forwardName(forward),
                        forward.address().toString(),
                        forward.port(),
                        forward.timeout().connect(),
                        forward.tls()));
            }
            AdminConfig admin = config.httpServer().admin();
            wanted.add(new Wanted(
                    ADMIN,
                    admin.address().toString(),
                    admin.port(),
                    admin.timeout().connect(),
                    admin.tls()));
            return wanted;
        }
    }

    ServerListeners(Server server, EventLoops loops) {
        this.server = server;
        this.loops = loops;
        this.waiting = new WaitingClients(server.getScheduler());
        this.idle = new IdleClients(server.getScheduler());
        server.addBean(waiting);
        server.addBean(idle);
    }

    private static String forwardName(ForwardConfig forward) {
        return "forward " + forward.name();
    }

    @Override
    public Listening open(ProxyConfig config) {
        List<Wanted> wanted = Wanted.in(config);
        List<Socket> opened = new ArrayList<>();
        Map<String, Integer> ports = new HashMap<>();
        Map<Socket, ListenerTls> tls = new HashMap<>();
        try {
            for (Wanted each : wanted) {
                Socket socket = Socket.of(each);
                if (!open.containsKey(socket)) {
                    open.put(socket, connector(each));
                    opened.add(socket);
                }
                ServerConnector connector = Objects.requireNonNull(open.get(socket));
                ports.put(each.name, connector.getLocalPort());
                if (each.tls != null) {
                    tls.put(
                            socket,
                            ListenerTls.of(each.tls, protocols(connector).tls()));
                }
            }
        } catch (RuntimeException e) {
            opened.forEach(this::close);
            throw e;
        }
        prepared = new Prepared(config, tls);
        Map<String, Integer> forwardPorts = config.httpServer().forwards().stream()
                .collect(Collectors.toMap(
                        ForwardConfig::name, forward -> Objects.requireNonNull(ports.get(forwardName(forward)))));
        return new Listening(forwardPorts, Objects.requireNonNull(ports.get(ADMIN)), true);
    }

    private ServerConnector connector(Wanted wanted) {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(MAX_REQUEST_HEAD);
        http.setResponseHeaderSize(MAX_RESPONSE_HEAD);
        http.setOutputBufferSize(OUTPUT_BUFFER);
        http.setOutputAggregationSize(SHORT_OUTPUT);
        http.setUseInputDirectByteBuffers(false);
        // It would take 98 KiB from the second request of a connection on.
        http.setHeaderCacheSize(0);
        // Else a value that HTTP defines, or that begins like one, would be passed on in Jetty's own spelling.
        http.setHeaderCacheCaseSensitive(true);
        http.addCustomizer(waiting);
        http.addCustomizer(new ConnectionUpgrades());
        if (!wanted.name.equals(ADMIN)) {
            http.setUriCompliance(PATHS);
        }
        ConnectionFactory[] protocols = ListenerProtocols.of(http);
        // Not before: with HTTP/2, Jetty sets it to the length of a frame for all.
        http.setInputBufferSize(INPUT_BUFFER);
        ServerConnector connector = new ListenerConnector(server, loops, protocols);
        connector.setHost(wanted.address);
        connector.setPort(wanted.port);
        connector.setAcceptQueueSize(BACKLOG);
        connector.setIdleTimeout(CLIENT_IDLE.toMillis());
        connector.addBean(new HeadDeadline(server.getScheduler()));
        if (!wanted.name.equals(ADMIN)) {
            connector.addBean(idle, false);
            limit.add(connector);
        }
        try {
            connector.open();
        } catch (IOException e) {
            throw new PortTakenException(wanted.name, wanted.address, wanted.port, e);
        }
        return connector;
    }

    @Override
    public void settle(ProxyConfig config) {
        idle.allow(config.httpServer().maxIdleConnections());
        List<Wanted> wanted = Wanted.in(config);
        List<Socket> kept = wanted.stream().map(Socket::of).toList();
        List.copyOf(open.keySet()).stream()
                .filter(socket -> !kept.contains(socket))
                .forEach(this::close);
        for (Wanted each : wanted) {
            ServerConnector connector = Objects.requireNonNull(open.get(Socket.of(each)));
            connector.setName(each.name);
            connector.getBean(HeadDeadline.class).allow(each.head);
            if (prepared != null && prepared.isFor(config)) {
                protocols(connector).begin(prepared.tls.get(Socket.of(each)));
            }
            if (!isAdded(connector)) {
                add(connector);
            }
        }
    }

    private static ListenerProtocols protocols(ServerConnector connector) {
        return connector.getConnectionFactory(ListenerProtocols.class);
    }

    private boolean isAdded(ServerConnector connector) {
        return List.of(server.getConnectors()).contains(connector);
    }

    /** A server that is starting starts its connectors itself, after the application. */
    private void add(ServerConnector connector) {
        loops.threads().lend(ListenerConnector.THREADS);
        server.addConnector(connector);
        if (server.isStarted()) {
            LifeCycle.start(connector);
        }
    }

    /** Closes the port at once; connections that are open are served until they are idle. */
    private void close(Socket socket) {
        ServerConnector connector = Objects.requireNonNull(open.remove(socket));
        close(connector);
        if (isAdded(connector)) {
            new RetiredConnector(connector, loops.threads()).closeWhenIdle();
        }
    }

    /** A connector leaves the closing of its port to its end. */
    private void close(ServerConnector connector) {
        limit.release(connector);
        connector.setAccepting(false);
        IO.close((Closeable) connector.getTransport());
    }

    /** Closes all ports but that of the operators, who want to know how the stop goes on. */
    void stopAccepting() {
        open.values().stream()
                .filter(connector -> !ADMIN.equals(connector.getName()))
                .forEach(this::close);
    }
}
