package io.llmproxy.protocol;

import java.util.function.Predicate;

/** An API as clients speak it: by which paths it is known, and how it says that something went wrong. */
public enum ApiDialect {
    /** OpenAI's, which is also spoken to all that is not known better. */
    OPENAI,
    /** Anthropic's Messages. */
    ANTHROPIC,
    /** Google's, of Gemini and Vertex AI. */
    GEMINI;

    /**
     * Tells the dialect by the path alone.
     *
     * @param path the request's path, with or without a base before the part that is known
     */
    public static ApiDialect ofPath(String path) {
        return OPENAI;
    }

    /**
     * Tells the dialect by the path, and by the headers where several APIs share the path or none is known to have it.
     *
     * @param path the request's path, with or without a base before the part that is known
     * @param hasHeader whether the request has a header of that name, which is given in lower case
     */
    public static ApiDialect of(String path, Predicate<String> hasHeader) {
        return OPENAI;
    }

    /**
     * Returns the status that a client of this dialect expects for a cause.
     *
     * @param status the HTTP status that names the cause
     */
    public int statusFor(int status) {
        return status;
    }

    /** Returns the body of the response that tells the error, JSON in UTF-8. */
    public byte[] errorBody(ApiError error) {
        return new byte[0];
    }

    /**
     * Returns the event that tells the error in a stream which has already begun, up to and with its blank line.
     *
     * @param path the request's path: OpenAI's Responses tell an error in another way than its other streams
     */
    public byte[] errorEvent(ApiError error, String path) {
        return new byte[0];
    }
}
