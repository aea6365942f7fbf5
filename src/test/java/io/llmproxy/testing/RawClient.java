package io.llmproxy.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A client that sends exact bytes over a plain socket and reads exact bytes back, never waiting longer than 20 s. */
public final class RawClient implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private String method = "GET";
    private @Nullable Head head;
    private @Nullable BodyStream body;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
        this.out = socket.getOutputStream();
    }

    /** Connects to where a URL points. */
    public static RawClient connect(URI uri) {
        return connect(uri, 0);
    }

    /** Connects with a receive buffer of a given size; 0 leaves it to the system. */
    public static RawClient connect(URI uri, int receiveBuffer) {
        try {
            Socket socket = new Socket();
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), (int) PATIENCE.toMillis());
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) PATIENCE.toMillis());
            return new RawClient(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Connects to where a URL points, and speaks TLS; the certificate's names are not looked at. */
    public static RawClient connect(URI uri, SSLContext tls) {
        try {
            Socket socket = tls.getSocketFactory().createSocket(uri.getHost(), uri.getPort());
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) PATIENCE.toMillis());
            return new RawClient(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a request with a body of stated length and returns the whole answer. */
    public static Answer exchange(URI uri, String method, String headers, byte[] body) {
        try (RawClient client = connect(uri)) {
            return client.send(method, target(uri), headers, body).answer();
        }
    }

    /** Sends bytes as they stand and returns the whole answer. */
    public static Answer exchange(URI uri, String bytes) {
        try (RawClient client = connect(uri)) {
            return client.send(bytes).answer();
        }
    }

    /** Path and query of a URL, untouched. */
    public static String target(URI uri) {
        String query = uri.getRawQuery();
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return query == null ? path : path + "?" + query;
    }

    /** Sends a request with a body of stated length; without a length if the body is empty. */
    public RawClient send(String requestMethod, String target, String headers, byte[] content) {
        method = requestMethod;
        String length = content.length == 0 ? "" : "Content-Length: " + content.length + "\r\n";
        return send(requestMethod + " " + target + " HTTP/1.1\r\nHost: client.test\r\n" + length + headers + "\r\n")
                .send(content);
    }

    /** Sends text as it stands. */
    public RawClient send(String text) {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends bytes as they stand. */
    public RawClient send(byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends bytes as one chunk. */
    public RawClient sendChunk(byte[] bytes) {
        return send(Integer.toHexString(bytes.length) + "\r\n").send(bytes).send("\r\n");
    }

    /** Says that nothing more will be sent, and goes on to read. */
    public RawClient endOutput() {
        try {
            socket.shutdownOutput();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads the next head, which may be one of an interim answer. */
    public Head head() {
        try {
            head = Head.read(in);
            body = BodyStream.ofAnswer(in, head, method);
            return head;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads the whole answer, past interim ones, or what is left of it once its head was read. */
    public Answer answer() {
        while (head == null || (head.status() < 200 && head.status() != 101)) {
            head();
        }
        Head answerHead = head;
        head = null;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        boolean whole = true;
        try {
            bodyOf().transferTo(bytes);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the answer did not end: " + answerHead + " " + bytes, e);
        } catch (IOException e) {
            whole = false;
        }
        return new Answer(answerHead, bytes.toByteArray(), whole);
    }

    /** Reads so many bytes of the body. */
    public byte[] read(int length) {
        byte[] bytes = new byte[length];
        try {
            int read = bodyOf().readNBytes(bytes, 0, length);
            return Arrays.copyOf(bytes, read);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads the next event of the body: the text up to an empty line, or a comment up to the end of its line. */
    public Event event() {
        return event(PATIENCE);
    }

    /** Reads the next event of the body, which has to come in time. */
    public Event event(Duration limit) {
        StringBuilder text = new StringBuilder();
        try {
            socket.setSoTimeout((int) limit.toMillis());
            while (!isEvent(text)) {
                int next = bodyOf().read();
                if (next < 0) {
                    throw new AssertionError("the stream ended instead of an event, after: " + text);
                }
                text.append((char) next);
            }
            socket.setSoTimeout((int) PATIENCE.toMillis());
        } catch (SocketTimeoutException e) {
            throw new AssertionError("no whole event within " + limit + ", only: " + text, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int lineEnds = text.charAt(0) == ':' ? 1 : 2;
        return new Event(text.substring(0, text.length() - lineEnds), System.nanoTime());
    }

    private static boolean isEvent(StringBuilder text) {
        int end = text.length() - 1;
        boolean line = end > 0 && text.charAt(end) == '\n';
        return line && (text.charAt(0) == ':' || text.charAt(end - 1) == '\n');
    }

    /** Reads one chunk of the body, and does not return before the line end that closes it has come. */
    public String chunk() {
        try {
            int length = Integer.parseInt(line(), 16);
            String data = new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
            if (!line().isEmpty()) {
                throw new AssertionError("no line end after a chunk of " + length + " bytes");
            }
            return data;
        } catch (SocketTimeoutException e) {
            throw new AssertionError("a chunk has not come as a whole", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != 10; next = in.read()) {
            if (next < 0) {
                throw new AssertionError("the stream ended");
            }
            line.append((char) next);
        }
        return line.toString().stripTrailing();
    }

    /** Whether nothing at all comes for a while. */
    public boolean silentFor(Duration limit) {
        try {
            socket.setSoTimeout((int) limit.toMillis());
            return isSilent();
        } catch (IOException e) {
            return false;
        }
    }

    private boolean isSilent() throws IOException {
        try {
            in.mark(1);
            if (in.read() >= 0) {
                in.reset();
            }
            return false;
        } catch (SocketTimeoutException e) {
            return true;
        } finally {
            socket.setSoTimeout((int) PATIENCE.toMillis());
        }
    }

    /** Waits until the other side has closed the connection, reading whatever it still sends. */
    public boolean closedWithin(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        byte[] sink = new byte[8192];
        try {
            try {
                socket.setSoTimeout((int) limit.toMillis());
                while (System.nanoTime() - end < 0) {
                    if (in.read(sink) < 0) {
                        return true;
                    }
                }
                return false;
            } finally {
                socket.setSoTimeout((int) PATIENCE.toMillis());
            }
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** Waits until the other side has ended the connection, reading whatever it still sends; false if it was reset. */
    public boolean endsInGoodOrder() {
        try {
            in.transferTo(OutputStream.nullOutputStream());
            return true;
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the connection was not ended", e);
        } catch (IOException e) {
            return false;
        }
    }

    /** Leaves without a word: the connection is reset. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        FakeUpstream.closeQuietly(socket);
    }

    private BodyStream bodyOf() {
        if (body == null) {
            throw new IllegalStateException("read the head first");
        }
        return body;
    }
}
