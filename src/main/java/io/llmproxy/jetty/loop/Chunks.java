package io.llmproxy.jetty.loop;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** How HTTP/1.1 frames a piece of a body without length. */
public final class Chunks {
    /** The most bytes that {@link #putSize} writes. */
    public static final int LONGEST_SIZE_LINE = Integer.BYTES * 2 + 2;

    /** The bytes that close a chunk. */
    public static final int END_LENGTH = 2;

    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LINE_END = "\r\n".getBytes(StandardCharsets.US_ASCII);

    private Chunks() {}

    /** A chunk in three parts, to be written at once; the content is not copied. */
    public static ByteBuffer[] whole(ByteBuffer content) {
        ByteBuffer size = ByteBuffer.allocate(LONGEST_SIZE_LINE);
        putSize(size, content.remaining());
        return new ByteBuffer[] {size.flip(), content, ByteBuffer.wrap(LINE_END)};
    }

    /** A head, and the chunk behind it. */
    public static ByteBuffer[] whole(ByteBuffer head, ByteBuffer content) {
        ByteBuffer[] chunk = whole(content);
        return new ByteBuffer[] {head, chunk[0], chunk[1], chunk[2]};
    }

    /**
     * Writes the line in front of a chunk's content, in lower case, as most servers do and as some readers expect.
     *
     * @param length how many bytes the content has, at least 1
     */
    public static void putSize(ByteBuffer buffer, int length) {
        int digits = (Integer.SIZE - Integer.numberOfLeadingZeros(length) + 3) / 4;
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            buffer.put(HEX[length >> shift & 0xf]);
        }
        buffer.put(LINE_END);
    }

    /** Writes what closes a chunk. */
    public static void putEnd(ByteBuffer buffer) {
        buffer.put(LINE_END);
    }
}
