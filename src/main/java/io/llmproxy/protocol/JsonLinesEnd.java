package io.llmproxy.protocol;

import io.llmproxy.protocol.JsonScanner.Token;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Watches JSON documents, one after the other, for the one that says that it is the last: {@code "done":true} at Ollama's own
 * API, {@code "is_finished":true} at Cohere's older one. An answer none of whose documents says that it is not the last is
 * complete when it is closed, since it may be anything.
 */
public final class JsonLinesEnd implements AnswerEnd {
    private static final Set<String> TYPES =
            Set.of("application/x-ndjson", "application/ndjson", "application/jsonl", "application/stream+json");

    private final JsonScanner json = new JsonScanner(1);
    private boolean inLast;
    private boolean inError;
    private boolean begun;
    private boolean complete;
    private boolean failed;
    private boolean malformed;

    private JsonLinesEnd() {}

    /**
     * Returns what to watch an answer with.
     *
     * @param endpoint what the request is for
     * @param contentType what the answer says that it is
     * @return null if nothing is known of the end of such an answer
     */
    public static @Nullable JsonLinesEnd of(Endpoint endpoint, @Nullable String contentType) {
        StreamApi api = endpoint.streamApi();
        if (contentType == null || (api != StreamApi.LINES && api != StreamApi.COHERE)) {
            return null;
        }
        String type = contentType.toLowerCase(Locale.ROOT);
        int parameters = type.indexOf(';');
        boolean lines = TYPES.contains((parameters < 0 ? type : type.substring(0, parameters)).strip());
        return lines ? new JsonLinesEnd() : null;
    }

    @Override
    public void scan(byte[] bytes, int offset, int count) {
        if (complete || malformed) {
            return;
        }
        json.input(bytes, offset, offset + count);
        for (Token token = json.next(); token != Token.MORE && !malformed; token = json.next()) {
            take(token);
        }
    }

    private void take(Token token) {
        if (token == Token.NAME) {
            inLast = json.isNamed("done") || json.isNamed("is_finished");
            inError = json.isNamed("error");
            return;
        }
        if (json.depth() == 1 || token == Token.OBJECT) {
            value(token);
        }
        switch (token) {
            case END -> {
                if (json.depth() == 0) {
                    json.reset();
                }
            }
            case NOT_JSON, NOT_UTF8, TOO_DEEP -> malformed = true;
            default -> {}
        }
    }

    private void value(Token token) {
        begun |= inLast && token == Token.FALSE;
        complete |= inLast && token == Token.TRUE;
        failed |= inError && !complete && (token == Token.STRING || token == Token.OBJECT);
        inLast = false;
        inError = false;
    }

    @Override
    public boolean seen() {
        return complete || failed || malformed || !begun;
    }

    @Override
    public boolean failed() {
        return failed;
    }
}
