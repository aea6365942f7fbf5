package io.llmproxy.capture;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One direction of what is recorded: the headers that are kept, and a body, up to a limit. What the limit or the memory cuts off is
 * counted. The caller sees to it that it is used by one thread at a time.
 */
final class Body {
    private final Memory memory;
    private final int most;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream(0);
    private Map<String, String> headers = Map.of();
    private long bytes;
    private int reserved;
    private boolean full;

    Body(Memory memory, int most) {
        this.memory = memory;
        this.most = most;
    }

    /** Keeps those headers that may be kept. */
    void head(Headers allowed, Function<String, @Nullable String> header) {
        headers = allowed.of(header);
    }

    /** Keeps a piece, as far as there is room. What comes after a gap is not kept. */
    void add(ByteBuffer piece) {
        int length = piece.remaining();
        bytes += length;
        int room = Math.min(length, most - kept.size());
        if (full || room == 0 || !memory.take(room)) {
            full |= length > 0;
            return;
        }
        reserved += room;
        full = room < length;
        byte[] copy = new byte[room];
        piece.duplicate().get(copy);
        kept.writeBytes(copy);
    }

    /** The headers that are kept, by their names in lower case. */
    Map<String, String> headers() {
        return headers;
    }

    /** What is kept of the body. */
    byte[] kept() {
        return kept.toByteArray();
    }

    /** How many bytes the body has. */
    long bytes() {
        return bytes;
    }

    /** Whether all of it is kept. */
    boolean isWhole() {
        return !full;
    }

    /** Gives the memory back. */
    void release() {
        memory.give(reserved);
        reserved = 0;
        kept.reset();
    }
}
