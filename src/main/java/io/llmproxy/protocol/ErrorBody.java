package io.llmproxy.protocol;

import java.nio.ByteBuffer;

/** Tells an error from an answer where the status does not: some upstreams send both with 200. */
public final class ErrorBody {
    /** How much of a body is looked at. */
    public static final int LONGEST_PREFIX = 256;

    private static final String OPENAI = "{\"error\":{";
    private static final String ANTHROPIC = "{\"type\":\"error\"";

    private ErrorBody() {}

    /**
     * Returns whether a JSON body begins like the errors of the known APIs do. Only the first 256 bytes are looked at.
     *
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public static boolean isError(byte[] bytes, int offset, int length) {
        ByteBuffer body = ByteBuffer.wrap(bytes, offset, length);
        return begins(body, OPENAI) == Found.ALL || begins(body, ANTHROPIC) == Found.ALL;
    }

    /**
     * Returns whether a JSON body may still turn out to begin like the errors of the known APIs do. Only the first 256 bytes are looked at.
     *
     * @param beginning what is known of the body; it is left as it is
     */
    public static boolean mayBeError(ByteBuffer beginning) {
        return begins(beginning, OPENAI) != Found.NONE || begins(beginning, ANTHROPIC) != Found.NONE;
    }

    private enum Found {
        NONE,
        SOME,
        ALL
    }

    /** It is asked of each answer, so that it makes no objects. */
    private static Found begins(ByteBuffer body, String expected) {
        int end = body.position() + Math.min(body.remaining(), LONGEST_PREFIX);
        int found = 0;
        for (int index = body.position(); index < end; index++) {
            byte next = body.get(index);
            if (next == ' ' || next == '\t' || next == '\r' || next == '\n') {
                continue;
            }
            if (next != expected.charAt(found)) {
                return Found.NONE;
            }
            found++;
            if (found == expected.length()) {
                return Found.ALL;
            }
        }
        return body.remaining() < LONGEST_PREFIX ? Found.SOME : Found.NONE;
    }
}
