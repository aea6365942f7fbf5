package io.llmproxy.convert.model;

import org.jspecify.annotations.Nullable;

/**
 * An error that an upstream tells.
 *
 * @param status the HTTP status that names it, OpenAI's where dialects differ
 * @param message a sentence for people, as the upstream wrote it
 * @param code the upstream's name for it; null if there is none
 * @param param the member that is wrong; null if not told
 * @param retryAfterSeconds when to try again; 0 if not told
 */
public record Fault(
        Cause cause,
        int status,
        String message,
        @Nullable String code,
        @Nullable String param,
        long retryAfterSeconds) {
    /** What went wrong. */
    public enum Cause {
        /** The request is wrong. */
        BAD_REQUEST,
        /** The request is longer than the model's context. */
        CONTEXT_TOO_LONG,
        /** The upstream does not accept the credential that the gateway has for it. */
        UPSTREAM_CREDENTIAL,
        /** There is no such model. */
        NOT_FOUND,
        /** Too many requests or tokens for now. */
        RATE_LIMITED,
        /** Paid quota is used up. */
        QUOTA_GONE,
        /** The upstream has too much to do. */
        OVERLOADED,
        /** The body has too many bytes. */
        TOO_LARGE,
        /** It took too long. */
        TIMEOUT,
        /** The upstream did not answer in its dialect. */
        BAD_ANSWER,
        /** All else. */
        SERVER
    }

    /** Makes one that has a cause and a message only. */
    public static Fault of(Cause cause, int status, String message) {
        return new Fault(cause, status, message, null, null, 0);
    }
}
