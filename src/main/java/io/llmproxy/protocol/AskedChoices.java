package io.llmproxy.protocol;

import io.llmproxy.protocol.JsonScanner.Token;
import java.nio.ByteBuffer;
import java.util.List;

/** Finds out how many answers a request asks for at once, so that a stream is not taken for whole before it has them all. */
public final class AskedChoices {
    /** More than any server gives. */
    private static final int MOST = 999;

    private static final SignTable MEMBER = SignTable.of(List.of("\"n\":"), List.of());

    private AskedChoices() {}

    /**
     * Returns how many answers a body asks for: 1 if it does not say so, or cannot be read.
     *
     * @param path the request's path; of other APIs than OpenAI's chat it is not known
     * @param body the pieces of the body, whose positions stay as they are
     */
    public static int of(String path, List<ByteBuffer> body) {
        return StreamApi.of(path) == StreamApi.CHAT && mayAsk(body) ? read(body) : 1;
    }

    /** Most requests do not ask, and are not worth being read for it. */
    private static boolean mayAsk(List<ByteBuffer> body) {
        int state = SignTable.START;
        for (ByteBuffer piece : body) {
            if (piece.hasArray()) {
                int start = piece.arrayOffset() + piece.position();
                state = MEMBER.scan(state, piece.array(), start, start + piece.remaining());
            } else {
                state = MEMBER.scan(state, copy(piece), 0, piece.remaining());
            }
        }
        return MEMBER.isLast(state);
    }

    private static int read(List<ByteBuffer> body) {
        JsonScanner json = new JsonScanner(1);
        boolean named = false;
        for (ByteBuffer piece : body) {
            byte[] bytes = copy(piece);
            json.input(bytes, 0, bytes.length);
            for (Token token = json.next(); token != Token.MORE; token = json.next()) {
                if (token == Token.NOT_JSON || token == Token.NOT_UTF8 || token == Token.TOO_DEEP) {
                    return 1;
                }
                if (named && token == Token.NUMBER) {
                    return number(bytes, json.position() - 1);
                }
                named = token == Token.NAME && json.depth() == 1 && json.isNamed("n");
            }
        }
        return 1;
    }

    private static int number(byte[] bytes, int from) {
        int number = 0;
        for (int at = from; at < bytes.length && bytes[at] >= '0' && bytes[at] <= '9'; at++) {
            number = Math.min(10 * number + bytes[at] - '0', MOST);
        }
        return Math.max(number, 1);
    }

    private static byte[] copy(ByteBuffer piece) {
        byte[] copy = new byte[piece.remaining()];
        piece.duplicate().get(copy);
        return copy;
    }
}
