package io.llmproxy.testing;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The kind of proxy through which a company lets its servers out: HTTP with CONNECT and a login, or SOCKS5. */
public final class TestProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final String credential;
    private final boolean socks;
    private final List<String> log = new CopyOnWriteArrayList<>();

    private TestProxy(String credential, boolean socks) {
        this.credential = credential;
        this.socks = socks;
        try {
            listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        FakeUpstream.daemon("test-proxy", this::accept);
    }

    /** An HTTP proxy that demands a login in the very first request. */
    public static TestProxy http(String user, String password) {
        String login = user + ":" + password;
        return new TestProxy(
                "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8)), false);
    }

    /** A SOCKS5 proxy without a login. */
    public static TestProxy socks() {
        return new TestProxy("", true);
    }

    /** Where it listens. */
    public int port() {
        return listener.getLocalPort();
    }

    /** What was asked of it, such as {@code CONNECT 127.0.0.1:443}, and {@code refused} for a missing login. */
    public List<String> log() {
        return List.copyOf(log);
    }

    @Override
    public void close() {
        FakeUpstream.closeQuietly(listener);
    }

    private void accept() {
        try {
            while (!listener.isClosed()) {
                Socket socket = listener.accept();
                FakeUpstream.daemon("test-proxy-connection", () -> serve(socket));
            }
        } catch (IOException e) {
            FakeUpstream.closeQuietly(listener);
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            if (socks) {
                serveSocks(socket, new DataInputStream(in));
            } else {
                serveHttp(socket, in);
            }
        } catch (IOException e) {
            FakeUpstream.closeQuietly(socket);
        }
    }

    private void serveHttp(Socket client, InputStream in) throws IOException {
        Head head = Head.read(in);
        OutputStream out = client.getOutputStream();
        if (!head.values("Proxy-Authorization").contains(credential)) {
            log.add("refused");
            out.write("HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm=\"out\"\r\nContent-Length: 0\r\n\r\n"
                    .getBytes(StandardCharsets.ISO_8859_1));
            return;
        }
        log.add(head.method() + " " + head.target());
        if (head.method().equals("CONNECT")) {
            int colon = head.target().lastIndexOf(':');
            try (Socket server = new Socket(
                    head.target().substring(0, colon),
                    Integer.parseInt(head.target().substring(colon + 1)))) {
                out.write("HTTP/1.1 200 Connected\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
                tunnel(client, in, server);
            }
            return;
        }
        URI target = URI.create(head.target());
        try (Socket server = new Socket(target.getHost(), target.getPort())) {
            server.getOutputStream().write(relative(head, target).bytes());
            tunnel(client, in, server);
        }
    }

    private static Head relative(Head head, URI target) {
        List<Head.Field> fields = new ArrayList<>(head.fields());
        fields.removeIf(field -> field.name().equalsIgnoreCase("Proxy-Authorization"));
        return new Head(head.method() + " " + RawClient.target(target) + " HTTP/1.1", fields);
    }

    private void serveSocks(Socket client, DataInputStream in) throws IOException {
        OutputStream out = client.getOutputStream();
        in.readByte();
        in.readNBytes(in.readByte());
        out.write(new byte[] {5, 0});
        in.readNBytes(3);
        String host = switch (in.readByte()) {
            case 1 -> InetAddress.getByAddress(in.readNBytes(4)).getHostAddress();
            case 3 -> new String(in.readNBytes(in.readByte()), StandardCharsets.US_ASCII);
            default -> throw new EOFException("an address of another kind");
        };
        int port = in.readUnsignedShort();
        log.add("SOCKS " + host + ":" + port);
        try (Socket server = new Socket(host, port)) {
            out.write(new byte[] {5, 0, 0, 1, 0, 0, 0, 0, 0, 0});
            tunnel(client, in, server);
        }
    }

    private static void tunnel(Socket client, InputStream fromClient, Socket server) throws IOException {
        FakeUpstream.daemon("test-proxy-upload", () -> {
            try {
                fromClient.transferTo(server.getOutputStream());
                server.shutdownOutput();
            } catch (IOException e) {
                FakeUpstream.closeQuietly(server);
            }
        });
        server.getInputStream().transferTo(client.getOutputStream());
    }
}
