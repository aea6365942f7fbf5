package io.llmproxy.protocol;

import org.jspecify.annotations.Nullable;

/**
 * An error of the proxy's own, before it is put into the words of an API.
 *
 * @param status the HTTP status that names the cause; 402 when a budget is exhausted. What the client gets is
 *     {@link ApiDialect#statusFor}
 * @param code a machine-readable name; OpenAI's where it has one, such as {@code model_not_found}
 * @param message a sentence for people
 * @param requestId the id under which the request is found in the log
 * @param retryAfterSeconds when to try again; 0 if not known
 * @param param the member of the request that is wrong, such as {@code messages[3].content}; null if it is none
 */
public record ApiError(
        int status,
        String code,
        String message,
        String requestId,
        long retryAfterSeconds,
        @Nullable String param) {

    /** Makes an error that is not about one member of the request. */
    public ApiError(int status, String code, String message, String requestId, long retryAfterSeconds) {
        this(status, code, message, requestId, retryAfterSeconds, null);
    }

    /** Makes an error that does not say when to try again. */
    public ApiError(int status, String code, String message, String requestId) {
        this(status, code, message, requestId, 0);
    }
}
