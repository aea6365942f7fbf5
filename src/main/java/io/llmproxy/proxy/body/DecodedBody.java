package io.llmproxy.proxy.body;

import io.llmproxy.protocol.ContentCoding;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.error.Refusal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request as it was before its client compressed it.
 *
 * @param pieces what was read of it
 * @param reserved how many bytes of the budget it takes
 * @param refusal why it could not be read as a whole, or null if it was
 */
public record DecodedBody(
        List<ByteBuffer> pieces, long reserved, @Nullable Refusal refusal) {
    /** How many times as long as what was sent a body may become; texts that repeat themselves come to some dozens. */
    static final int LARGEST_RATIO = 200;

    /** What a short body may become, whatever its ratio. */
    private static final int HARMLESS = 64 * 1024;

    private static final int SMALLEST_PIECE = 4 * 1024;
    private static final int LARGEST_PIECE = 64 * 1024;

    private static final Refusal BROKEN =
            Refusal.of(ProxyError.INVALID_REQUEST, "The request body does not match its Content-Encoding.");
    private static final Refusal UNAVAILABLE = Refusal.of(
            ProxyError.INVALID_REQUEST,
            "This Java runtime cannot decompress a request body with this Content-Encoding.");
    private static final Refusal TOO_LARGE = Refusal.of(
            ProxyError.BODY_TOO_LARGE, "The decompressed request body is too large to read the model from it.");

    /**
     * Decompresses a body.
     *
     * @param body the pieces that came
     * @param most how many bytes it may become
     * @param budget what is kept of it is taken from there; the caller gives that back
     */
    static DecodedBody of(ContentCoding coding, List<ByteBuffer> body, long most, BufferBudget budget) {
        long came = body.stream().mapToLong(ByteBuffer::remaining).sum();
        long wanted = Math.min(most, Math.max(HARMLESS, came * LARGEST_RATIO));
        long scratch = coding.scratch(came, wanted);
        if (!budget.tryReserve(scratch)) {
            return new DecodedBody(List.of(), 0, Refusal.overloaded());
        }
        try {
            return new Reading(wanted, budget).read(coding, body);
        } finally {
            budget.release(scratch);
        }
    }

    /** A body that is being read. */
    private static final class Reading {
        private final long most;
        private final BufferBudget budget;
        private final List<ByteBuffer> pieces = new ArrayList<>();
        private long length;
        private long reserved;

        Reading(long most, BufferBudget budget) {
            this.most = most;
            this.budget = budget;
        }

        DecodedBody read(ContentCoding coding, List<ByteBuffer> body) {
            Refusal refusal;
            try (InputStream input = coding.read(body, most)) {
                refusal = readAll(input);
            } catch (IOException | RuntimeException e) {
                // The libraries throw what they like at bad input.
                refusal = BROKEN;
            } catch (LinkageError e) {
                // The reader of Zstandard needs sun.misc.Unsafe, which Java can be told to withhold.
                refusal = UNAVAILABLE;
            }
            if (refusal != null) {
                budget.release(reserved);
                return new DecodedBody(List.of(), 0, refusal);
            }
            return new DecodedBody(pieces, reserved, null);
        }

        private @Nullable Refusal readAll(InputStream input) throws IOException {
            while (true) {
                int size = (int) Math.min(Math.max(SMALLEST_PIECE, length), LARGEST_PIECE);
                if (!budget.tryReserve(size)) {
                    return Refusal.overloaded();
                }
                reserved += size;
                byte[] piece = new byte[size];
                int read = input.readNBytes(piece, 0, size);
                pieces.add(ByteBuffer.wrap(piece, 0, read));
                length += read;
                if (length > most) {
                    return TOO_LARGE;
                }
                if (read < size) {
                    return null;
                }
            }
        }
    }
}
