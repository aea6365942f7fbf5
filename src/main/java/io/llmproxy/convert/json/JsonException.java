package io.llmproxy.convert.json;

/** Bytes are no JSON document that is taken. The message says where, and repeats nothing of the document. */
public final class JsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String path;

    JsonException(String message) {
        this("", message);
    }

    JsonException(String path, String message) {
        super(path.isEmpty() ? message : path + " " + message, null, false, false);
        this.path = path;
    }

    /** Returns the place of what is too deep, in names of members: {@code tools[0].function}; empty if the document is no JSON. */
    public String path() {
        return path;
    }
}
