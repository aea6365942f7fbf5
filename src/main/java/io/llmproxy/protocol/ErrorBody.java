package io.llmproxy.protocol;

import java.util.Objects;

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
        String beginning = beginning(bytes, offset, length);
        return beginning.startsWith(OPENAI) || beginning.startsWith(ANTHROPIC);
    }

    /**
     * Returns whether a JSON body may still turn out to begin like the errors of the known APIs do. Only the first 256 bytes are looked at.
     *
     * @throws IndexOutOfBoundsException if the range is not within the array
     */
    public static boolean mayBeError(byte[] bytes, int offset, int length) {
        String beginning = beginning(bytes, offset, length);
        return OPENAI.startsWith(beginning)
                || ANTHROPIC.startsWith(beginning)
                || beginning.startsWith(OPENAI)
                || beginning.startsWith(ANTHROPIC);
    }

    private static String beginning(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        StringBuilder beginning = new StringBuilder();
        int end = offset + Math.min(length, LONGEST_PREFIX);
        for (int index = offset; index < end && beginning.length() < ANTHROPIC.length(); index++) {
            char next = (char) (bytes[index] & 0xff);
            if (" \t\r\n".indexOf(next) < 0) {
                beginning.append(next);
            }
        }
        return beginning.toString();
    }
}
