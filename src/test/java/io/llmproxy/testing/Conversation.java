package io.llmproxy.testing;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** One request at a {@link FakeUpstream}, and the means to answer it in any way. */
public final class Conversation {
    private static final int POLL_MILLIS = 5;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final UpstreamRequest request;
    private final BodyStream body;
    private boolean keepAlive = true;

    Conversation(Socket socket, InputStream in, OutputStream out, UpstreamRequest request) {
        this.socket = socket;
        this.in = in;
        this.out = out;
        this.request = request;
        this.body = BodyStream.ofRequest(in, request.head());
    }

    /** The request that is to be answered. */
    public UpstreamRequest request() {
        return request;
    }

    /** Reads the rest of the request's body. */
    public void readBody() throws IOException {
        byte[] piece = new byte[16384];
        for (int read = body.read(piece); read >= 0; read = body.read(piece)) {
            request.received(piece, read);
        }
        if (!request.complete()) {
            request.bodyEnded();
        }
    }

    /** Reads one chunk of the request's body, and does not return before the line end that closes it has come; its length. */
    public int readChunk() throws IOException {
        int length = Integer.parseInt(line(), 16);
        in.skipNBytes(length);
        if (!line().isEmpty()) {
            throw new IOException("no line end after a chunk of " + length + " bytes");
        }
        return length;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("the request's body broke off");
            }
            line.append((char) next);
        }
        return line.toString().stripTrailing();
    }

    /** Agrees to speak WebSocket; {@code headers} are further lines of the answer's head. */
    public WebSocketPeer webSocket(String headers) throws IOException {
        keepAlive = false;
        return WebSocketPeer.accept(socket, in, request.head(), headers);
    }

    /** Sends text as it stands. */
    public void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends bytes as they stand. */
    public void send(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
        request.sent(bytes.length);
    }

    /** Sends a piece of text as one chunk. */
    public void chunk(String text) throws IOException {
        chunk(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends bytes as one chunk. */
    public void chunk(byte[] bytes) throws IOException {
        byte[] before = (Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        byte[] whole = new byte[before.length + bytes.length + 2];
        System.arraycopy(before, 0, whole, 0, before.length);
        System.arraycopy(bytes, 0, whole, before.length, bytes.length);
        whole[whole.length - 2] = '\r';
        whole[whole.length - 1] = '\n';
        send(whole);
    }

    /** Ends a chunked body. */
    public void lastChunk() throws IOException {
        send("0\r\n\r\n");
    }

    /** Waits for the test's leave to make the next event, with an eye on the client. */
    public void await(LockStep steps) throws IOException {
        await(steps::tryTake, Duration.ofSeconds(60));
    }

    /** Lets time pass, with an eye on the client. */
    public void pause(Duration pause) throws IOException {
        long end = System.nanoTime() + pause.toNanos();
        await(() -> System.nanoTime() - end >= 0, pause.plusSeconds(60));
    }

    /** Stays silent until the client has gone. */
    public void awaitClientGone() throws IOException {
        await(() -> false, Duration.ofSeconds(60));
    }

    private void await(BooleanSupplier condition, Duration limit) throws IOException {
        long end = System.nanoTime() + limit.toNanos();
        socket.setSoTimeout(POLL_MILLIS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end >= 0) {
                throw new IOException("waited too long");
            }
            expectSilence();
        }
        socket.setSoTimeout(0);
    }

    private void expectSilence() throws IOException {
        try {
            if (in.read() < 0) {
                throw new EOFException("the client has gone");
            }
        } catch (SocketTimeoutException stillThere) {
            return;
        }
        throw new IOException("the client sends more than its request");
    }

    /** Ends the connection with a reset. */
    public void reset() throws IOException {
        keepAlive = false;
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Ends the connection in good order. */
    public void close() throws IOException {
        keepAlive = false;
        socket.shutdownOutput();
    }

    /** Reads nothing for a while, so that the client cannot get rid of what it still wants to send. */
    public void leaveUnread(Duration pause) {
        request.awaitAborted(pause);
    }

    boolean keepAlive() {
        return keepAlive && body.ended();
    }
}
