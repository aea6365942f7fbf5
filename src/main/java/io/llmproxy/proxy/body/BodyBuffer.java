package io.llmproxy.proxy.body;

import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.protocol.ContentCoding;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What is kept of a body, out of the budget that all exchanges share: as it came, and perhaps decompressed. */
final class BodyBuffer {
    private static final int FIRST_SEGMENT = 4 * 1024;
    private static final int LARGEST_SEGMENT = 64 * 1024;

    private final BufferBudget budget;
    private final long limit;
    private final AtomicLong reserved = new AtomicLong();

    /** Replaced when it is released: a container may hold on to the exchange long after its answer. */
    private volatile List<ByteBuffer> collected = new ArrayList<>(1);

    /** What was collected as it was before the client compressed it, or null until it is asked for. */
    private volatile @Nullable List<ByteBuffer> decoded;

    private @Nullable ByteBuffer segment;
    private volatile boolean released;

    /** @param limit how much is kept at most, also of what was decompressed */
    BodyBuffer(BufferBudget budget, long limit) {
        this.budget = budget;
        this.limit = limit;
    }

    /** Where the memory comes from. */
    BufferBudget budget() {
        return budget;
    }

    /** How much is kept at most. */
    long limit() {
        return limit;
    }

    /**
     * Returns something to read into: as large as what is known to come, or ever larger. Null if the budget has no more room.
     *
     * @param length of all of the body; not positive if it is not known
     * @param count how much has come
     */
    @Nullable ByteBuffer room(long length, long count) {
        ByteBuffer current = segment;
        if (current != null && current.hasRemaining()) {
            return current;
        }
        flip();
        long wanted = length > 0 ? length - count : Math.max(FIRST_SEGMENT, count);
        int size = (int) Math.min(wanted, LARGEST_SEGMENT);
        if (!budget.tryReserve(size)) {
            return null;
        }
        reserved.addAndGet(size);
        current = ByteBuffer.allocate(size);
        segment = current;
        return current;
    }

    /** No more is read into what was given last. */
    void flip() {
        if (segment != null) {
            collected.add(segment.flip());
            segment = null;
        }
    }

    /** Frees the memory. */
    void release() {
        released = true;
        collected = new ArrayList<>(0);
        decoded = null;
        budget.release(reserved.getAndSet(0));
    }

    /** Whether the memory was freed. */
    boolean isReleased() {
        return released;
    }

    /** Whether so many bytes are more than one piece. */
    static boolean isLarge(long count) {
        return count > LARGEST_SEGMENT;
    }

    /** What was collected: the pieces themselves. */
    List<ByteBuffer> pieces() {
        return collected;
    }

    /** What was collected, to be read. */
    List<ByteBuffer> collected() {
        List<ByteBuffer> pieces = new ArrayList<>(collected.size());
        for (ByteBuffer piece : collected) {
            pieces.add(piece.duplicate());
        }
        return pieces;
    }

    /**
     * What was collected, as it was before it was compressed: the pieces themselves.
     *
     * @param compressed whether it was
     * @return null if it was not decompressed
     */
    @Nullable List<ByteBuffer> legible(boolean compressed) {
        List<ByteBuffer> plain = decoded;
        return plain == null && !compressed ? collected : plain;
    }

    /** What was collected, decompressed if that was asked for before. */
    List<ByteBuffer> plainest() {
        List<ByteBuffer> plain = decoded;
        return plain == null ? collected() : plain;
    }

    /**
     * Decompresses what was collected, and keeps both.
     *
     * @return what it was before the client compressed it, or why that cannot be told
     */
    DecodedBody decode(ContentCoding coding) {
        DecodedBody read = DecodedBody.of(coding, collected, limit, budget);
        reserved.addAndGet(read.reserved());
        decoded = read.pieces();
        if (released) {
            release();
        }
        return read;
    }

    /**
     * Returns all that was collected, as it was before it was compressed.
     *
     * @param coding the request's {@code Content-Encoding}, or null
     * @throws ConversionException if it cannot be decompressed
     */
    byte[] plain(@Nullable String coding) {
        if (decoded == null
                && coding != null
                && !coding.isBlank()
                && !coding.strip().equalsIgnoreCase("identity")) {
            decompress(coding);
        }
        List<ByteBuffer> all = plainest();
        ByteBuffer whole =
                ByteBuffer.allocate(all.stream().mapToInt(ByteBuffer::remaining).sum());
        all.forEach(piece -> whole.put(piece.duplicate()));
        return whole.array();
    }

    private void decompress(String coding) {
        ContentCoding known = ContentCoding.of(coding);
        if (known == null) {
            throw ConversionException.invalid("", "The Content-Encoding is not known (expected: gzip, deflate, zstd).");
        }
        DecodedBody read = decode(known);
        if (read.refusal() != null) {
            throw ConversionException.invalid("", read.refusal().message());
        }
    }
}
