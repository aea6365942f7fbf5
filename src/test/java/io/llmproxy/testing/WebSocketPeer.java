package io.llmproxy.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;

/** One end of a session of WebSocket that sends whatever frames it is told to, also those that it must not. */
public final class WebSocketPeer implements AutoCloseable {
    public static final int CONTINUATION = 0;
    public static final int TEXT = 1;
    public static final int BINARY = 2;
    public static final int CLOSE = 8;
    public static final int PING = 9;
    public static final int PONG = 10;

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int FIN = 0x80;
    private static final int MASKED = 0x80;
    private static final int TWO_BYTES = 126;
    private static final int EIGHT_BYTES = 127;
    private static final byte[] MASK = {0x5A, (byte) 0xC3, 0x0F, 0x71};
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final boolean client;
    private final Head head;

    private WebSocketPeer(Socket socket, InputStream in, boolean client, Head head) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(in);
        this.out = socket.getOutputStream();
        this.client = client;
        this.head = head;
        socket.setSoTimeout((int) PATIENCE.toMillis());
    }

    /** A frame. */
    public static final class Frame {
        private final int opcode;
        private final boolean fin;
        private final byte[] payload;

        Frame(int opcode, boolean fin, byte[] payload) {
            this.opcode = opcode;
            this.fin = fin;
            this.payload = payload;
        }

        /** What it is. */
        public int opcode() {
            return opcode;
        }

        /** Whether it ends its message. */
        public boolean fin() {
            return fin;
        }

        /** What it carries. */
        public byte[] payload() {
            return payload;
        }

        /** The payload as text. */
        public String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }

        /** The code of a close; 1005 if it has none. */
        public int code() {
            return payload.length == 0 ? 1005 : ByteBuffer.wrap(payload).getShort() & 0xFFFF;
        }

        /** The reason of a close. */
        public String reason() {
            return payload.length <= 2 ? "" : new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
        }

        @Override
        public String toString() {
            return "frame " + opcode + (fin ? " fin" : "") + " of " + payload.length + ": "
                    + (opcode == CLOSE ? code() + " " + reason() : "");
        }
    }

    /** The head of a request for a session. */
    public static String request(URI uri, String headers) {
        return "GET " + RawClient.target(uri) + " HTTP/1.1\r\nHost: " + uri.getAuthority()
                + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                + KEY + "\r\n" + headers + "\r\n";
    }

    /** Asks for a session, and returns the answer whatever it is. */
    public static Answer ask(URI uri, String headers) {
        return RawClient.exchange(uri, request(uri, headers));
    }

    /** Opens a session as a client. */
    public static WebSocketPeer open(URI uri, String headers) {
        return open(uri, headers, 0);
    }

    /** Opens a session as a client, with a receive buffer of a given size. */
    public static WebSocketPeer open(URI uri, String headers, int receiveBuffer) {
        try {
            Socket socket = new Socket();
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), (int) PATIENCE.toMillis());
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream().write(request(uri, headers).getBytes(StandardCharsets.ISO_8859_1));
            InputStream in = new BufferedInputStream(socket.getInputStream());
            Head head = Head.read(in);
            if (head.status() != 101 || !head.value("Sec-WebSocket-Accept").equals(Optional.of(accept(KEY)))) {
                throw new AssertionError("no session: " + head);
            }
            return new WebSocketPeer(socket, in, true, head);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Opens a session as a server, whose head is sent; the frames follow it. */
    static WebSocketPeer accept(Socket socket, InputStream in, Head request, String headers) throws IOException {
        String key = request.value("Sec-WebSocket-Key").orElseThrow();
        String answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: " + accept(key) + "\r\n" + headers + "\r\n";
        socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
        return new WebSocketPeer(socket, in, false, request);
    }

    private static String accept(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What the other end has said in the handshake. */
    public Head head() {
        return head;
    }

    /** Sends a whole text. */
    public WebSocketPeer text(String text) {
        return send(TEXT, true, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends a close. */
    public WebSocketPeer close(int code, String reason) {
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        return send(
                CLOSE,
                true,
                ByteBuffer.allocate(2 + text.length)
                        .putShort((short) code)
                        .put(text)
                        .array());
    }

    /** Sends a frame as its end has to. */
    public WebSocketPeer send(int opcode, boolean fin, byte[] payload) {
        return sendBytes(frame(opcode, fin, payload, client));
    }

    /** Sends bytes as they stand. */
    public WebSocketPeer sendBytes(byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The bytes of a frame. */
    public static byte[] frame(int opcode, boolean fin, byte[] payload, boolean masked) {
        ByteBuffer bytes = ByteBuffer.allocate(14 + payload.length);
        bytes.put((byte) ((fin ? FIN : 0) | opcode));
        int mask = masked ? MASKED : 0;
        if (payload.length < TWO_BYTES) {
            bytes.put((byte) (mask | payload.length));
        } else if (payload.length <= 0xFFFF) {
            bytes.put((byte) (mask | TWO_BYTES)).putShort((short) payload.length);
        } else {
            bytes.put((byte) (mask | EIGHT_BYTES)).putLong(payload.length);
        }
        if (masked) {
            bytes.put(MASK);
        }
        for (int i = 0; i < payload.length; i++) {
            bytes.put(masked ? (byte) (payload[i] ^ MASK[i % MASK.length]) : payload[i]);
        }
        byte[] whole = new byte[bytes.position()];
        bytes.flip().get(whole);
        return whole;
    }

    /** Reads the next frame. */
    public Frame read() {
        try {
            return next();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Frame next() throws IOException {
        int first = in.readUnsignedByte();
        int second = in.readUnsignedByte();
        if ((second & MASKED) == 0 != client) {
            throw new AssertionError("masked where it must not be, or not where it must");
        }
        int shortLength = second & ~MASKED;
        long length = shortLength == TWO_BYTES
                ? in.readUnsignedShort()
                : shortLength == EIGHT_BYTES ? in.readLong() : shortLength;
        byte[] mask = client ? new byte[4] : in.readNBytes(4);
        byte[] payload = in.readNBytes(Math.toIntExact(length));
        if (payload.length < length) {
            throw new EOFException("a frame broke off");
        }
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= mask[i % mask.length];
        }
        return new Frame(first & 0x0F, (first & FIN) != 0, payload);
    }

    /** Reads the next message, in however many frames it comes, and drops what controls the session. */
    public Frame message() {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        int opcode = 0;
        while (true) {
            Frame frame = read();
            if (frame.opcode() == CLOSE) {
                throw new AssertionError("closed instead of a message: " + frame);
            }
            if (frame.opcode() < CLOSE) {
                opcode = frame.opcode() == CONTINUATION ? opcode : frame.opcode();
                whole.writeBytes(frame.payload());
                if (frame.fin()) {
                    return new Frame(opcode, true, whole.toByteArray());
                }
            }
        }
    }

    /** Reads up to a close. */
    public Frame awaitClose() {
        Frame frame = read();
        while (frame.opcode() != CLOSE) {
            frame = read();
        }
        return frame;
    }

    /** Whether the connection ends now. */
    public boolean ends() {
        try {
            return in.read() < 0;
        } catch (IOException e) {
            return true;
        }
    }

    /** Sends each frame back, until the other end closes; answers that. */
    public void echo() {
        while (true) {
            Frame frame = read();
            int opcode = frame.opcode() == PING ? PONG : frame.opcode();
            send(opcode, frame.fin(), frame.payload());
            if (opcode == CLOSE) {
                return;
            }
        }
    }

    /** Ends the connection with a reset. */
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
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
