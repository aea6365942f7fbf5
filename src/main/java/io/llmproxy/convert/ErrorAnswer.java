package io.llmproxy.convert;

/**
 * An error in a client's dialect.
 *
 * @param status the HTTP status
 * @param body JSON in UTF-8
 * @param retryAfterSeconds what the header of that name says; 0 for none
 */
@SuppressWarnings("ArrayRecordComponent") // It is written once and compared with nothing.
public record ErrorAnswer(int status, byte[] body, long retryAfterSeconds) {}
