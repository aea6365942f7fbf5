package io.llmproxy.jetty.server;

import io.llmproxy.protocol.ApiDialect;
import io.llmproxy.protocol.ApiError;
import io.llmproxy.protocol.ApiPath;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An error that the server found before any filter saw the request, in the dialect of the path.
 *
 * @param status the status to answer with
 * @param headers further headers of the answer
 * @param body the body, JSON
 */
record ContainerError(int status, Map<String, String> headers, String body) {
    /**
     * Returns the answer to a request that is not valid.
     *
     * @param path the path, or null if the request was not even that readable
     * @param status what the server would have answered
     */
    static ContainerError of(@Nullable String path, int status) {
        ApiDialect dialect = ApiPath.of(path == null ? "/" : path).dialect();
        String id = "req_" + UUID.randomUUID().toString().replace("-", "");
        String code = code(status);
        ApiError error = new ApiError(status, code, message(status), id);
        return new ContainerError(
                dialect.statusFor(status),
                Map.of("X-Request-Id", id, "X-LLMProxy-Error", code),
                new String(dialect.errorBody(error), StandardCharsets.UTF_8));
    }

    private static String code(int status) {
        return switch (status) {
            case 404 -> "not_found";
            case 408 -> "request_timeout";
            case 413 -> "body_too_large";
            case 414 -> "uri_too_long";
            case 431 -> "headers_too_large";
            case 503 -> "shutting_down";
            case 505 -> "invalid_request";
            default -> status < 500 ? "invalid_request" : "internal_error";
        };
    }

    private static String message(int status) {
        return switch (status) {
            case 404 -> "There is nothing at this path.";
            case 408 -> "The request was not received in time.";
            case 413 -> "The body of the request is larger than this gateway accepts.";
            case 414 -> "The URI of the request is longer than this gateway accepts.";
            case 431 -> "The headers of the request are larger than this gateway accepts.";
            case 503 -> "The gateway is shutting down.";
            case 505 -> "This version of HTTP is not supported (expected: HTTP/1.0, HTTP/1.1 or HTTP/2).";
            default -> status < 500 ? "The request is not valid HTTP." : "The gateway failed to handle the request.";
        };
    }
}
