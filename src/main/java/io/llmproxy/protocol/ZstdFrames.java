package io.llmproxy.protocol;

import io.airlift.compress.MalformedInputException;
import io.airlift.compress.zstd.ZstdDecompressor;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.ZipException;

/**
 * Reads what was compressed with Zstandard, in one go. The library's stream moves the whole of its window, up to 8 MiB, for
 * each block once the window is full, and a block may be as short as four bytes. How long the output may become is told by the
 * heads of the blocks.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8878">RFC 8878</a>
 */
final class ZstdFrames {
    /** What the library's tables take. */
    static final int TABLES = 512 * 1024;

    private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 16;
    private static final int LONGEST_BLOCK = 128 * 1024;
    private static final int MAGIC_LENGTH = 4;
    private static final int BLOCK_HEAD = 3;
    private static final int CHECKSUM = 4;
    private static final int RAW = 0;
    private static final int REPEATED = 1;

    private final byte[] bytes;
    private int at;

    private ZstdFrames(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Decompresses all frames.
     *
     * @param most how many bytes are wanted: what is longer reads as more than that, and not to its end
     */
    static InputStream read(InputStream compressed, long most) throws IOException {
        byte[] bytes = compressed.readAllBytes();
        long longest = new ZstdFrames(bytes).longest();
        byte[] output = new byte[(int) Math.max(1, Math.min(longest, Math.min(most, LONGEST_ARRAY) + 1))];
        try {
            int length = new ZstdDecompressor().decompress(bytes, 0, bytes.length, output, 0, output.length);
            return new ByteArrayInputStream(output, 0, length);
        } catch (MalformedInputException e) {
            if (longest <= most) {
                throw new ZipException(e.getMessage());
            }
            return new ByteArrayInputStream(output);
        }
    }

    /** Returns how many bytes all frames may come to at most. */
    private long longest() throws IOException {
        long sum = 0;
        do {
            sum += frame();
        } while (at < bytes.length);
        return sum;
    }

    private long frame() throws IOException {
        skip(MAGIC_LENGTH);
        int descriptor = number(1);
        boolean single = (descriptor & 0x20) != 0;
        int dictionary = descriptor & 3;
        int size = descriptor >> 6;
        skip((single ? 0 : 1) + (dictionary == 0 ? 0 : 1 << (dictionary - 1)));
        skip(size == 0 ? (single ? 1 : 0) : 1 << size);
        long sum = 0;
        int head;
        do {
            head = number(BLOCK_HEAD);
            int length = head >> 3;
            int kind = head >> 1 & 3;
            sum += kind == RAW || kind == REPEATED ? length : LONGEST_BLOCK;
            skip(kind == REPEATED ? 1 : length);
        } while ((head & 1) == 0);
        skip((descriptor & 4) != 0 ? CHECKSUM : 0);
        return sum;
    }

    /** The low byte comes first. */
    private int number(int count) throws IOException {
        int start = at;
        skip(count);
        int number = 0;
        for (int index = 0; index < count; index++) {
            number |= (bytes[start + index] & 0xff) << (Byte.SIZE * index);
        }
        return number;
    }

    private void skip(int count) throws IOException {
        if (count > bytes.length - at) {
            throw new EOFException("the frame is cut");
        }
        at += count;
    }
}
