package io.llmproxy.convert.json;

/** Bytes are no JSON document that is taken. The message says where, and repeats nothing of the document. */
public final class JsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    JsonException(String message) {
        super(message, null, false, false);
    }
}
