package io.llmproxy.testing;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client that writes one request of HTTP/2 field by field, as they stand, and tells what comes of it. */
public final class RawH2Client {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final int HEADERS = 1;
    private static final int DATA = 0;
    private static final int RESET = 3;
    private static final int SETTINGS = 4;
    private static final int GOAWAY = 7;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int LITERAL = 0;
    private static final int LONG_PREFIX = 127;

    private RawH2Client() {}

    /** What comes of a request. */
    public enum Outcome {
        /** The head of an answer comes first. */
        ANSWERED,
        /** Its stream is reset. */
        RESET,
        /** The connection says goodbye, or ends. */
        ENDED
    }

    /** A header or a pseudo-header. */
    public record Field(String name, String value) {}

    /**
     * Sends a request.
     *
     * @param fields its fields in order, of which each character is one byte
     * @param body its body, or null if it ends with the fields
     */
    public static Outcome ask(URI uri, List<Field> fields, byte @Nullable [] body) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), (int) PATIENCE.toMillis());
            socket.setSoTimeout((int) PATIENCE.toMillis());
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(PREFACE.getBytes(StandardCharsets.US_ASCII));
            frame(out, SETTINGS, 0, 0, new byte[0]);
            frame(out, HEADERS, END_HEADERS | (body == null ? END_STREAM : 0), 1, block(fields));
            if (body != null) {
                frame(out, DATA, END_STREAM, 1, body);
            }
            socket.getOutputStream().write(out.toByteArray());
            return outcome(new DataInputStream(socket.getInputStream()));
        } catch (EOFException | SocketException e) {
            return Outcome.ENDED;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Outcome outcome(DataInputStream in) throws IOException {
        while (true) {
            int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            int type = in.readUnsignedByte();
            in.skipNBytes(1 + Integer.BYTES + length);
            switch (type) {
                case HEADERS -> {
                    return Outcome.ANSWERED;
                }
                case RESET -> {
                    return Outcome.RESET;
                }
                case GOAWAY -> {
                    return Outcome.ENDED;
                }
                default -> {}
            }
        }
    }

    private static void frame(ByteArrayOutputStream out, int type, int flags, int stream, byte[] payload) {
        out.writeBytes(ByteBuffer.allocate(9)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .array());
        out.writeBytes(payload);
    }

    /** The fields as RFC 7541 has them: literal, neither indexed nor compressed. */
    private static byte[] block(List<Field> fields) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Field field : fields) {
            out.write(LITERAL);
            text(out, field.name);
            text(out, field.value);
        }
        return out.toByteArray();
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        if (bytes.length < LONG_PREFIX) {
            out.write(bytes.length);
        } else {
            out.write(LONG_PREFIX);
            int rest = bytes.length - LONG_PREFIX;
            for (; rest >= 0x80; rest >>= 7) {
                out.write((rest & 0x7f) | 0x80);
            }
            out.write(rest);
        }
        out.writeBytes(bytes);
    }
}
