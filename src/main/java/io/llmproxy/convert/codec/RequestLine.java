package io.llmproxy.convert.codec;

/**
 * What a request says outside of its body.
 *
 * @param model the model in the path; empty if the body names it
 * @param stream whether the path asks for a stream
 * @param array whether the query does not ask for events, so that a stream of Gemini's is an array
 */
public record RequestLine(String model, boolean stream, boolean array) {
    /** Nothing. */
    public static final RequestLine NONE = new RequestLine("", false, false);
}
