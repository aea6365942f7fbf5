package io.llmproxy.protocol;

import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The names by which the APIs tell an error, and the HTTP status that each of them would otherwise have sent. */
final class ErrorNames {
    private static final int UNKNOWN = 500;

    private ErrorNames() {}

    /**
     * Returns the status of the first of the names that is known, or is a status itself; 500 if none is.
     *
     * @param names from the one that says most to the one that says least; null where there is none
     */
    static int status(@Nullable String... names) {
        return Stream.of(names)
                .filter(Objects::nonNull)
                .mapToInt(ErrorNames::status)
                .filter(status -> status > 0)
                .findFirst()
                .orElse(UNKNOWN);
    }

    private static int status(String name) {
        return switch (name) {
            case "invalid_request_error",
                    "context_length_exceeded",
                    "content_filter",
                    "invalid_prompt",
                    "invalid_image",
                    "INVALID_ARGUMENT",
                    "FAILED_PRECONDITION" -> 400;
            case "authentication_error", "invalid_api_key", "UNAUTHENTICATED" -> 401;
            case "billing_error" -> 402;
            case "permission_error", "PERMISSION_DENIED" -> 403;
            case "not_found_error", "model_not_found", "NOT_FOUND" -> 404;
            case "conflict_error", "ABORTED" -> 409;
            case "request_too_large" -> 413;
            case "rate_limit_error",
                    "rate_limit_exceeded",
                    "insufficient_quota",
                    "requests",
                    "tokens",
                    "RESOURCE_EXHAUSTED" -> 429;
            case "api_error", "server_error", "internal_error", "internal_server_error", "INTERNAL" -> 500;
            case "overloaded",
                    "server_overloaded",
                    "engine_overloaded",
                    "service_unavailable",
                    "slow_down",
                    "UNAVAILABLE" -> 503;
            case "timeout_error", "timeout", "DEADLINE_EXCEEDED" -> 504;
            case "overloaded_error" -> 529;
            default -> number(name);
        };
    }

    /** A name that is a status of an error; 0 if it is something else. */
    private static int number(String name) {
        boolean error = name.length() == 3
                && (name.charAt(0) == '4' || name.charAt(0) == '5')
                && Character.digit(name.charAt(1), 10) >= 0
                && Character.digit(name.charAt(2), 10) >= 0;
        return error ? Integer.parseInt(name) : 0;
    }
}
