package io.llmproxy.telemetry;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * Reads how many spans or points a collector has not taken although it has answered with success. That is one number in its answer, for
 * which no library is worth having. A broken answer says nothing.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/otlp/#partial-success">OTLP: partial success</a>
 */
final class PartialSuccess {
    /** {@code partial_success} in the answer, and in that {@code rejected_spans} or {@code rejected_data_points}. */
    private static final int WANTED = 1;

    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED_32 = 5;

    private PartialSuccess() {}

    /** Returns how many were rejected; 0 if none was. */
    static long rejected(byte[] answer) {
        try {
            return Math.max(0, read(ByteBuffer.wrap(answer)));
        } catch (BufferUnderflowException | IllegalArgumentException broken) {
            return 0;
        }
    }

    /** Returns the number in the wanted field, or in the wanted field of the message there. */
    private static long read(ByteBuffer message) {
        long found = 0;
        while (message.hasRemaining()) {
            long tag = varint(message);
            long value = switch ((int) tag & 7) {
                case VARINT -> varint(message);
                case BYTES -> bytes(message, tag >>> 3 == WANTED);
                case FIXED_64 -> message.getLong();
                case FIXED_32 -> message.getInt();
                default -> throw new IllegalArgumentException("no field begins here");
            };
            found = tag >>> 3 == WANTED ? value : found;
        }
        return found;
    }

    private static long bytes(ByteBuffer message, boolean wanted) {
        long length = varint(message);
        if (length < 0 || length > message.remaining()) {
            throw new IllegalArgumentException("it is longer than what is there");
        }
        ByteBuffer inner = message.slice(message.position(), (int) length);
        message.position(message.position() + (int) length);
        return wanted ? read(inner) : 0;
    }

    private static long varint(ByteBuffer message) {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte part = message.get();
            value |= (long) (part & 0x7f) << shift;
            if (part >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a number without an end");
    }
}
