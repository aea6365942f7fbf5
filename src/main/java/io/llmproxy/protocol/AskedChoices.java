package io.llmproxy.protocol;

import io.llmproxy.protocol.JsonScanner.Token;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds out how many answers a request asks for at once, so that a stream is not taken for whole before it has them all. */
public final class AskedChoices {
    /** More than any server gives to a prompt. */
    private static final int MOST = 999;

    private static final SignTable CHAT = SignTable.of(List.of("\"n\":"), List.of());
    private static final SignTable COMPLETIONS = SignTable.of(List.of("\"n\":", "\"prompt\":["), List.of());
    private static final SignTable GEMINI =
            SignTable.of(List.of("\"candidateCount\":", "\"candidate_count\":"), List.of());

    private final JsonScanner json = new JsonScanner(2);
    private final boolean gemini;
    private Member member = Member.OTHER;
    private boolean inConfig;
    private boolean inPrompt;
    private boolean inNumber;
    private long number;
    /** How many answers it asks for to each prompt; 1 if it does not say so. */
    private long each = 1;

    private long prompts;
    private boolean broken;

    private enum Member {
        COUNT,
        CONFIG,
        PROMPT,
        OTHER
    }

    private AskedChoices(boolean gemini) {
        this.gemini = gemini;
    }

    /**
     * Returns how many answers a body asks for: 1 if it does not say so, or cannot be read.
     *
     * @param endpoint what the request is for; of other APIs than OpenAI's completions and Gemini it is not known
     * @param body the pieces of the body, whose positions stay as they are
     */
    public static int of(Endpoint endpoint, List<ByteBuffer> body) {
        StreamApi api = endpoint.streamApi();
        SignTable signs = api == null ? null : signs(api);
        return signs != null && mayAsk(signs, body) ? new AskedChoices(api == StreamApi.GEMINI).read(body) : 1;
    }

    private static @Nullable SignTable signs(StreamApi api) {
        return switch (api) {
            case CHAT -> CHAT;
            case COMPLETIONS -> COMPLETIONS;
            case GEMINI -> GEMINI;
            case MESSAGES, RESPONSES, COHERE, LINES -> null;
        };
    }

    /** Most requests do not ask, and are not worth being read for it. */
    private static boolean mayAsk(SignTable signs, List<ByteBuffer> body) {
        int state = SignTable.START;
        for (ByteBuffer piece : body) {
            if (piece.hasArray()) {
                int start = piece.arrayOffset() + piece.position();
                state = signs.scan(state, piece.array(), start, start + piece.remaining());
            } else {
                state = signs.scan(state, copy(piece), 0, piece.remaining());
            }
        }
        return signs.isLast(state);
    }

    private int read(List<ByteBuffer> body) {
        for (ByteBuffer piece : body) {
            byte[] bytes = copy(piece);
            digits(bytes, 0);
            json.input(bytes, 0, bytes.length);
            for (Token token = json.next(); token != Token.MORE && !broken; token = json.next()) {
                take(token, bytes);
            }
        }
        endNumber();
        long all = Math.max(each, 1) * Math.max(prompts, 1);
        return broken ? 1 : (int) Math.min(all, AnswerProgress.MOST_CHOICES);
    }

    private void take(Token token, byte[] bytes) {
        switch (token) {
            case NAME -> member = member();
            case NUMBER -> {
                inNumber = member == Member.COUNT;
                number = 0;
                digits(bytes, json.position() - 1);
            }
            case OBJECT -> inConfig |= member == Member.CONFIG && json.depth() == 2;
            case ARRAY, STRING -> prompt(token);
            case END -> {
                inConfig &= json.depth() > 1;
                inPrompt &= json.depth() > 1;
            }
            case NOT_JSON, NOT_UTF8, TOO_DEEP -> broken = true;
            default -> {}
        }
        if (token != Token.NAME) {
            member = Member.OTHER;
        }
    }

    private Member member() {
        if (gemini) {
            boolean config = json.isNamed("generationConfig") || json.isNamed("generation_config");
            boolean count = json.isNamed("candidateCount") || json.isNamed("candidate_count");
            return json.depth() == 1
                    ? (config ? Member.CONFIG : Member.OTHER)
                    : (inConfig && count ? Member.COUNT : Member.OTHER);
        }
        if (json.depth() > 1) {
            return Member.OTHER;
        }
        return json.isNamed("n") ? Member.COUNT : json.isNamed("prompt") ? Member.PROMPT : Member.OTHER;
    }

    /** Each text or list of tokens in the list of prompts is one; a mere list of tokens is one prompt. */
    private void prompt(Token token) {
        if (inPrompt) {
            prompts++;
        } else if (token == Token.ARRAY && member == Member.PROMPT && json.depth() == 2) {
            inPrompt = true;
            prompts = 0;
        }
    }

    /** Reads on in the number, which may be cut between two pieces. */
    private void digits(byte[] bytes, int from) {
        int at = from;
        while (inNumber && at < bytes.length) {
            if (bytes[at] >= '0' && bytes[at] <= '9') {
                number = Math.min(10 * number + bytes[at] - '0', MOST);
                at++;
            } else {
                endNumber();
            }
        }
    }

    private void endNumber() {
        if (inNumber) {
            inNumber = false;
            each = number;
        }
    }

    private static byte[] copy(ByteBuffer piece) {
        byte[] copy = new byte[piece.remaining()];
        piece.duplicate().get(copy);
        return copy;
    }
}
