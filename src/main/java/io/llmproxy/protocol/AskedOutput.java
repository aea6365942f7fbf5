package io.llmproxy.protocol;

import io.llmproxy.protocol.JsonScanner.Token;
import java.nio.ByteBuffer;
import java.util.List;

/** Finds out how many tokens of output a request asks for at most, in the words of any of the APIs. */
public final class AskedOutput {
    /** It does not say. */
    public static final long NOT_SAID = Long.MAX_VALUE;

    /** More than any model gives. */
    private static final long MOST = 1_000_000_000;

    private final JsonScanner json = new JsonScanner(2);
    private boolean named;
    private boolean config;
    private boolean inConfig;
    private boolean inNumber;
    private long number;
    private long most;
    private boolean broken;

    private AskedOutput() {}

    /**
     * Returns how many tokens a body asks for at most for each answer, the largest if it says so more than once.
     *
     * @param body the pieces of the body, whose positions stay as they are
     */
    public static long of(List<ByteBuffer> body) {
        return new AskedOutput().read(body);
    }

    private long read(List<ByteBuffer> body) {
        for (ByteBuffer piece : body) {
            byte[] bytes = new byte[piece.remaining()];
            piece.duplicate().get(bytes);
            digits(bytes, 0);
            json.input(bytes, 0, bytes.length);
            for (Token token = json.next(); token != Token.MORE && !broken; token = json.next()) {
                take(token, bytes);
            }
        }
        endNumber();
        return broken || most == 0 ? NOT_SAID : most;
    }

    private void take(Token token, byte[] bytes) {
        switch (token) {
            case NAME -> name();
            case NUMBER -> {
                inNumber = named;
                number = 0;
                digits(bytes, json.position() - 1);
            }
            case OBJECT -> inConfig |= config && json.depth() == 2;
            case END -> inConfig &= json.depth() > 1;
            case NOT_JSON, NOT_UTF8, TOO_DEEP -> broken = true;
            default -> {}
        }
        if (token != Token.NAME) {
            named = false;
            config = false;
        }
    }

    private void name() {
        boolean top = json.depth() == 1;
        config = top && (json.isNamed("generationConfig") || json.isNamed("generation_config"));
        named = top
                ? json.isNamed("max_tokens")
                        || json.isNamed("max_completion_tokens")
                        || json.isNamed("max_output_tokens")
                        || json.isNamed("max_tokens_to_sample")
                : inConfig && (json.isNamed("maxOutputTokens") || json.isNamed("max_output_tokens"));
    }

    /** Reads on in the number, which may be cut between two pieces. */
    private void digits(byte[] bytes, int from) {
        int at = from;
        while (inNumber && at < bytes.length) {
            if (bytes[at] >= '0' && bytes[at] <= '9') {
                number = Math.min(10 * number + bytes[at] - '0', MOST);
                at++;
            } else if (bytes[at] == '.' || bytes[at] == 'e' || bytes[at] == 'E') {
                // Some servers take such a number; it counts as not said, and not as its beginning.
                inNumber = false;
            } else {
                endNumber();
            }
        }
    }

    private void endNumber() {
        if (inNumber) {
            inNumber = false;
            most = Math.max(most, number);
        }
    }
}
