package io.llmproxy.protocol;

import io.llmproxy.protocol.JsonScanner.Token;

/**
 * Watches plain JSON pass by, one document or several in a row, for whether it has come to its end. Pieces may be cut
 * anywhere. Not safe for use by several threads at once.
 */
final class JsonBody {
    private final JsonScanner json = new JsonScanner(0);
    private final byte[] beginning = new byte[ErrorBody.LONGEST_PREFIX];
    private int length;
    private boolean whole;
    private boolean malformed;

    /** Takes note of the next piece. */
    void scan(byte[] bytes, int from, int to) {
        int kept = Math.min(to - from, beginning.length - length);
        System.arraycopy(bytes, from, beginning, length, kept);
        length += kept;
        json.input(bytes, from, to);
        Token token = malformed ? Token.MORE : json.next();
        while (token != Token.MORE) {
            switch (token) {
                case END -> {
                    whole = true;
                    json.reset();
                }
                case NOT_JSON, NOT_UTF8, TOO_DEEP -> malformed = true;
                default -> whole = false;
            }
            token = malformed ? Token.MORE : json.next();
        }
    }

    /** Whether all of it has come, as far as that can be told: of what is malformed it cannot. */
    boolean isComplete() {
        return whole || malformed;
    }

    /** Whether it begins like an error. */
    boolean isError() {
        return ErrorBody.isError(beginning, 0, length);
    }
}
