package io.llmproxy.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A hash of texts one after the other, which come in pieces cut anywhere. It is the same in every process, and no secret: it
 * tells apart what differs by chance, not what someone made to collide.
 */
public final class TextHash {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long PRIME = 0x9e3779b185ebca87L;
    private static final long FINAL = 0xc2b2ae3d27d4eb4fL;

    private long hash;
    private long word;
    private long length;

    /** Returns the hash of one text; never 0. */
    public static long of(String text) {
        long hash = text.length();
        for (int at = 0; at < text.length(); at++) {
            hash = mix(hash, text.charAt(at));
        }
        return spread(hash);
    }

    /** Returns a hash of two; never 0. */
    static long both(long one, long other) {
        return spread(mix(one, other));
    }

    /** Adds a piece of a text. */
    void add(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && length % Long.BYTES != 0) {
            add(bytes[at++]);
        }
        while (at <= to - Long.BYTES) {
            hash = mix(hash, (long) LONGS.get(bytes, at));
            length += Long.BYTES;
            at += Long.BYTES;
        }
        while (at < to) {
            add(bytes[at++]);
        }
    }

    private void add(byte next) {
        word |= (next & 0xffL) << (Byte.SIZE * (int) (length % Long.BYTES));
        length++;
        if (length % Long.BYTES == 0) {
            hash = mix(hash, word);
            word = 0;
        }
    }

    /** The text has ended; another may follow. */
    void end() {
        hash = mix(mix(hash, word), length);
        word = 0;
        length = 0;
    }

    /** Returns the hash of the texts that have ended; never 0. */
    long value() {
        return spread(hash);
    }

    private static long mix(long hash, long next) {
        return Long.rotateLeft(hash ^ (next * PRIME), 27) * FINAL + PRIME;
    }

    private static long spread(long hash) {
        long spread = (hash ^ (hash >>> 33)) * FINAL;
        spread ^= spread >>> 29;
        return spread == 0 ? PRIME : spread;
    }
}
