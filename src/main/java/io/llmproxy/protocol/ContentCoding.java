package io.llmproxy.protocol;

import io.airlift.compress.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** How a client has compressed the body of its request, as its {@code Content-Encoding} says. */
public enum ContentCoding {
    /** RFC 1952. */
    GZIP(0) {
        @Override
        InputStream open(InputStream compressed) throws IOException {
            return new GZIPInputStream(compressed);
        }
    },
    /** RFC 1950: what is called so has a header of zlib. */
    DEFLATE(0) {
        @Override
        InputStream open(InputStream compressed) {
            return new InflaterInputStream(compressed);
        }
    },
    /** RFC 8878. */
    ZSTD(9 * 1024 * 1024) {
        @Override
        InputStream open(InputStream compressed) {
            return new ZstdInputStream(compressed);
        }
    };

    private final int scratch;

    ContentCoding(int scratch) {
        this.scratch = scratch;
    }

    /** Bytes of memory that reading may take, besides what is read: a frame of Zstandard says how far it refers back. */
    public int scratch() {
        return scratch;
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
     * Returns what was compressed.
     *
     * @param body the pieces of the body, whose positions stay as they are
     * @throws IOException if it does not begin as it should. Reading may throw another one; and, as libraries do not agree on
     *     what they throw at bad input, a RuntimeException
     */
    public final InputStream read(List<ByteBuffer> body) throws IOException {
        return open(new Pieces(body));
    }

    abstract InputStream open(InputStream compressed) throws IOException;

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

        /** Tells {@link GZIPInputStream} whether there may be another member. */
        @Override
        public int available() {
            ByteBuffer piece = next();
            return piece == null ? 0 : piece.remaining();
        }
    }
}
