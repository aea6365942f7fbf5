package io.llmproxy.testing;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** An HTTP/1.1 server on a real socket, a thread for each connection, that behaves as badly as it is told to. */
public final class FakeUpstream implements AutoCloseable {
    private final ServerSocket listener;
    private final boolean secure;
    private final Map<String, Deque<Behaviour>> behaviours = new ConcurrentHashMap<>();
    private final List<UpstreamRequest> requests = new CopyOnWriteArrayList<>();
    private final List<Socket> connections = new CopyOnWriteArrayList<>();
    private final AtomicInteger accepted = new AtomicInteger();
    private volatile Behaviour otherwise = Behaviour.status(404, "", "no behaviour for this path");

    private FakeUpstream(ServerSocket listener, boolean secure) {
        this.listener = listener;
        this.secure = secure;
        daemon("fake-upstream-" + listener.getLocalPort(), this::accept);
    }

    /** A server that speaks plain HTTP on a free port of the loopback interface. */
    public static FakeUpstream start() {
        return start(0);
    }

    /** A server that speaks plain HTTP on a given port, where another one may just have ended. */
    public static FakeUpstream start(int port) {
        return start(InetAddress.getLoopbackAddress().getHostAddress(), port);
    }

    /** A server that speaks plain HTTP on a given port of an address of this machine. */
    public static FakeUpstream start(String address, int port) {
        try {
            ServerSocket listener = new ServerSocket();
            listener.setReuseAddress(true);
            listener.bind(new InetSocketAddress(address, port), 1024);
            return new FakeUpstream(listener, false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A server that speaks HTTPS, and demands a certificate of its clients if told so. */
    public static FakeUpstream startSecure(SSLContext context, boolean demandCertificate) {
        try {
            SSLServerSocket listener = (SSLServerSocket)
                    context.getServerSocketFactory().createServerSocket(0, 1024, InetAddress.getLoopbackAddress());
            listener.setNeedClientAuth(demandCertificate);
            var parameters = listener.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"http/1.1"});
            listener.setSSLParameters(parameters);
            return new FakeUpstream(listener, true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How requests for a path are treated: the first one with the first behaviour, and so on; the last one stays. */
    public FakeUpstream on(String path, Behaviour... inTurn) {
        behaviours.put(path, new ArrayDeque<>(List.of(inTurn)));
        return this;
    }

    /** How requests for any other path are treated. */
    public FakeUpstream otherwise(Behaviour behaviour) {
        otherwise = behaviour;
        return this;
    }

    /** Forgets all requests and behaviours. */
    public void reset() {
        behaviours.clear();
        requests.clear();
    }

    /** Where it listens. */
    public int port() {
        return listener.getLocalPort();
    }

    /** Its base URL, with an address for a host. */
    public String url() {
        return (secure ? "https" : "http") + "://127.0.0.1:" + port();
    }

    /** All requests so far, in the order in which their heads came. */
    public List<UpstreamRequest> requests() {
        return List.copyOf(requests);
    }

    /** The requests for a path so far. */
    public List<UpstreamRequest> requests(String path) {
        return requests.stream()
                .filter(request -> request.head().path().equals(path))
                .toList();
    }

    /** Waits for a request for a path and returns the last one. */
    public UpstreamRequest awaitRequest(String path) {
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (requests(path).isEmpty()) {
            if (System.nanoTime() - end >= 0) {
                throw new AssertionError("no request for " + path + " came, only " + requests);
            }
            Thread.onSpinWait();
        }
        List<UpstreamRequest> found = requests(path);
        return found.get(found.size() - 1);
    }

    /** How many connections it has accepted. */
    public int connections() {
        return accepted.get();
    }

    /** Ends the connections that clients keep for later, and waits until they have taken note. */
    public void dropConnections() {
        for (Socket connection : connections) {
            closeQuietly(connection::shutdownOutput);
        }
        long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (!connections.isEmpty()) {
            if (System.nanoTime() - end >= 0) {
                throw new AssertionError(connections.size() + " connections are still open");
            }
            Thread.onSpinWait();
        }
    }

    /** Dies: all its connections are reset, and nobody listens any more. */
    public void die() {
        closeQuietly(listener);
        for (Socket connection : connections) {
            closeQuietly(() -> connection.setSoLinger(true, 0));
            closeQuietly(connection);
        }
    }

    @Override
    public void close() {
        closeQuietly(listener);
        connections.forEach(FakeUpstream::closeQuietly);
    }

    private void accept() {
        try {
            while (!listener.isClosed()) {
                Socket socket = listener.accept();
                accepted.incrementAndGet();
                connections.add(socket);
                daemon("fake-upstream-connection", () -> serve(socket));
            }
        } catch (IOException e) {
            closeQuietly(listener);
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            while (converse(socket, in)) {
                socket.setSoTimeout(0);
            }
            drain(socket, in);
        } catch (IOException e) {
            closeQuietly(socket);
        } finally {
            connections.remove(socket);
        }
    }

    private boolean converse(Socket socket, InputStream in) throws IOException {
        Head head = Head.read(in);
        UpstreamRequest request = new UpstreamRequest(head, serverName(socket), protocol(socket));
        Conversation conversation = new Conversation(socket, in, socket.getOutputStream(), request);
        requests.add(request);
        try {
            next(head.path()).script().play(conversation);
        } catch (IOException e) {
            request.clientGone();
            throw e;
        }
        return conversation.keepAlive();
    }

    private Behaviour next(String path) {
        Deque<Behaviour> inTurn = behaviours.get(path);
        if (inTurn == null) {
            return otherwise;
        }
        synchronized (inTurn) {
            return inTurn.size() > 1 ? inTurn.remove() : inTurn.element();
        }
    }

    private static void drain(Socket socket, InputStream in) throws IOException {
        if (socket.isClosed()) {
            return;
        }
        socket.setSoTimeout(1000);
        byte[] sink = new byte[8192];
        int read = 0;
        while (read >= 0) {
            try {
                read = in.read(sink);
            } catch (SocketTimeoutException e) {
                return;
            }
        }
    }

    private static String serverName(Socket socket) {
        if (!(socket instanceof SSLSocket tls) || !(tls.getSession() instanceof ExtendedSSLSession session)) {
            return "";
        }
        return session.getRequestedServerNames().stream()
                .filter(SNIHostName.class::isInstance)
                .map(name -> ((SNIHostName) name).getAsciiName())
                .findFirst()
                .orElse("");
    }

    private static String protocol(Socket socket) {
        return socket instanceof SSLSocket tls && tls.getApplicationProtocol() != null
                ? tls.getApplicationProtocol()
                : "";
    }

    static void daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    static void closeQuietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            // It is gone, which is all that was wanted.
            return;
        }
    }
}
