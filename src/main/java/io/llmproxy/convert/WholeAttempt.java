package io.llmproxy.convert;

import io.llmproxy.convert.codec.BadAnswerException;

/** A request whose answer is never streamed, as an upstream of another API is asked it, and the way back. */
public interface WholeAttempt {
    /** Returns the request's path below the upstream's base. */
    String path();

    /** Returns the request's body: JSON in UTF-8. */
    byte[] body();

    /**
     * Converts the answer.
     *
     * @throws BadAnswerException if it is none, or an error
     */
    byte[] answer(byte[] answer);

    /**
     * Converts an error.
     *
     * @param status the status of the upstream's answer
     * @param retryAfterSeconds what its header says; 0 if it has none
     */
    ErrorAnswer error(int status, long retryAfterSeconds, byte[] error);

    /** Returns the value of the header that tells the client what became of its request. */
    String header();
}
