package io.llmproxy.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** How a client has compressed the body of its request, as its {@code Content-Encoding} says. */
public enum ContentCoding {
    /** RFC 1952. */
    GZIP {
        @Override
        InputStream open(InputStream compressed, long most) {
            return new GzipMembers(compressed);
        }
    },
    /** RFC 1950: what is called so has a header of zlib. */
    DEFLATE {
        @Override
        InputStream open(InputStream compressed, long most) {
            return new InflaterInputStream(compressed);
        }
    },
    /** RFC 8878. */
    ZSTD {
        @Override
        InputStream open(InputStream compressed, long most) throws IOException {
            return ZstdFrames.read(compressed, most);
        }

        @Override
        public long scratch(long came, long most) {
            return came + most + ZstdFrames.TABLES;
        }
    };

    /**
     * Bytes of memory that reading may take, besides what is read.
     *
     * @param came how many bytes the body has
     * @param most how many bytes are wanted of what it was
     */
    public long scratch(long came, long most) {
        return 0;
    }

    /**
     * Returns the coding of that name.
     *
     * @param name as the header has it, in any letters
     * @return the coding, or null if it is another one, or several
     */
    public static @Nullable ContentCoding of(String name) {
        return switch (name.strip().toLowerCase(Locale.ROOT)) {
            case "gzip", "x-gzip" -> GZIP;
            case "deflate" -> DEFLATE;
            case "zstd" -> ZSTD;
            default -> null;
        };
    }

    /**
     * Returns what was compressed. The cost grows as the body and what it becomes, in however many parts it was compressed.
     *
     * @param body the pieces of the body, whose positions stay as they are
     * @param most how many bytes are wanted: of what is longer at least one more can be read, but perhaps not all, and not as it
     *     was
     * @throws IOException if it does not begin as it should. Reading may throw another one; and, as libraries do not agree on
     *     what they throw at bad input, a RuntimeException
     */
    public final InputStream read(List<ByteBuffer> body, long most) throws IOException {
        return open(new Pieces(body), most);
    }

    abstract InputStream open(InputStream compressed, long most) throws IOException;

    /** Reads the pieces one after the other, without a copy of them. */
    private static final class Pieces extends InputStream {
        private final Deque<ByteBuffer> unread = new ArrayDeque<>();

        Pieces(List<ByteBuffer> body) {
            body.forEach(piece -> unread.add(piece.duplicate()));
        }

        private @Nullable ByteBuffer next() {
            ByteBuffer piece = unread.peek();
            while (piece != null && !piece.hasRemaining()) {
                unread.remove();
                piece = unread.peek();
            }
            return piece;
        }

        @Override
        public int read() {
            ByteBuffer piece = next();
            return piece == null ? -1 : piece.get() & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int count) {
            ByteBuffer piece = next();
            if (count == 0 || piece == null) {
                return count == 0 ? 0 : -1;
            }
            int length = Math.min(count, piece.remaining());
            piece.get(target, offset, length);
            return length;
        }
    }
}
