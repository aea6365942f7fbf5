package io.llmproxy.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Set;

/**
 * Tells of most JSON that it has none of some names, much sooner than a scan does, and takes no memory for it: it looks at what stands
 * between two quotes. Names are ASCII.
 */
final class NameFilter {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long QUOTES = ONES * '"';

    /** A character that is written by its number takes so many. */
    private static final int ESCAPED = 6;

    /** As strings have them. */
    private final int[] hashes;

    private final int shortest;
    private final int longest;

    NameFilter(Set<String> names) {
        this.hashes = names.stream().mapToInt(String::hashCode).toArray();
        this.shortest = names.stream().mapToInt(String::length).min().orElseThrow();
        this.longest = names.stream().mapToInt(String::length).max().orElseThrow();
    }

    /** Whether one of the names may be there; false if none is. */
    boolean mayFind(List<ByteBuffer> pieces) {
        int open = 0;
        for (int i = 0; i < pieces.size(); i++) {
            ByteBuffer piece = pieces.get(i);
            if (!piece.hasArray()) {
                return true;
            }
            byte[] bytes = piece.array();
            int start = piece.arrayOffset() + piece.position();
            int end = start + piece.remaining();
            int quote = nextQuote(bytes, start, end);
            // What began in the piece before is not put together.
            boolean found = i > 0 ? open + quote - start <= ESCAPED * longest : mayBeName(bytes, start, quote);
            int from = start;
            while (quote < end && !found) {
                from = quote + 1;
                quote = nextQuote(bytes, from, end);
                found = mayBeName(bytes, from, quote);
            }
            if (found) {
                return true;
            }
            open = from == start ? open + end - start : end - from;
        }
        return false;
    }

    /** Returns the index of the next quote, or the end. */
    private static int nextQuote(byte[] bytes, int from, int end) {
        int at = from;
        while (at <= end - Long.BYTES) {
            long other = (long) LONGS.get(bytes, at) ^ QUOTES;
            long marks = (other - ONES) & ~other & HIGH_BITS;
            if (marks != 0) {
                return at + Long.numberOfTrailingZeros(marks) / Byte.SIZE;
            }
            at += Long.BYTES;
        }
        while (at < end && bytes[at] != '"') {
            at++;
        }
        return at;
    }

    private boolean mayBeName(byte[] bytes, int from, int to) {
        int length = to - from;
        if (length < shortest || length > ESCAPED * longest) {
            return false;
        }
        int hash = 0;
        boolean escaped = false;
        for (int at = from; at < to; at++) {
            hash = 31 * hash + bytes[at];
            escaped |= bytes[at] == '\\';
        }
        return escaped ? hasNumber(bytes, from, to) : length <= longest && isKnown(hash);
    }

    /** Whether a character may be written by its number. */
    private static boolean hasNumber(byte[] bytes, int from, int to) {
        for (int at = from; at < to - 1; at++) {
            if (bytes[at] == '\\' && bytes[at + 1] == 'u') {
                return true;
            }
        }
        return false;
    }

    private boolean isKnown(int hash) {
        for (int known : hashes) {
            if (known == hash) {
                return true;
            }
        }
        return false;
    }
}
