package io.llmproxy.proxy.error;

/** Why the proxy itself answers with an error: status, stable code, and a text that tells nothing internal. */
public enum ProxyError {
    INVALID_PATH(400, "invalid_path", "The path or query of the request is not allowed."),
    INVALID_REQUEST(400, "invalid_request", "The request is not valid, or its body could not be read."),
    UNSUPPORTED(400, "unsupported_by_upstream", "The upstream's API cannot express the request."),
    INVALID_KEY(401, "invalid_api_key", "The API key is not valid."),
    MODEL_NOT_ALLOWED(403, "model_not_allowed", "This API key may not use this model."),
    UNMEASURED(403, "usage_not_measured", "The usage of this request cannot be measured."),
    ORIGIN_NOT_ALLOWED(403, "origin_not_allowed", "This gateway accepts no WebSocket from pages of this origin."),
    MODEL_NOT_FOUND(404, "model_not_found", "This gateway does not serve this model."),
    NO_ROUTE(404, "no_route", "No route matches this request."),
    NOT_SERVED(404, "unsupported_path", "No upstream of this gateway serves this path."),
    RESOURCE_NOT_FOUND(
            404, "resource_not_found", "The requested resource does not exist or belongs to another client."),
    RESOURCES_APART(409, "resources_apart", "The request refers to resources on different upstreams."),
    METHOD_NOT_ALLOWED(405, "method_not_allowed", "This gateway does not accept this method."),
    CLIENT_TIMEOUT(408, "request_timeout", "The request was not received in time."),
    BODY_TOO_LARGE(413, "body_too_large", "The body of the request is larger than this gateway accepts."),
    TOO_MANY_HEADERS(431, "headers_too_large", "The request has more headers than this gateway accepts."),
    RATE_LIMITED(429, "rate_limit_exceeded", "Too many requests; try again later."),
    KEY_RATE_LIMITED(429, "key_rate_limit_exceeded", "Too many requests with this API key; try again later."),
    KEY_BUSY(429, "key_concurrency_exceeded", "Too many requests with this API key at the same time; try again."),
    LIMIT_REACHED(429, "limit_exceeded", "A limit of this gateway is reached; try again later."),
    QUOTA_EXHAUSTED(402, "insufficient_quota", "A quota of this gateway is used up."),
    CLIENT_TOO_SLOW(499, "client_write_timeout", "The client did not read the answer in time."),
    CLIENT_GONE(499, "client_closed_request", "The client closed the connection before the answer was complete."),
    HEDGE_LOST(499, "hedge_lost", "Another upstream answered this request first."),
    NO_WEBSOCKET(501, "websocket_not_supported", "This server does not serve WebSocket."),
    INTERNAL(500, "internal_error", "The gateway failed to handle the request."),
    CONNECT_FAILED(502, "upstream_connect_error", "The upstream could not be reached."),
    TLS_FAILED(502, "upstream_tls_error", "The TLS connection to the upstream failed."),
    REFUSED(502, "upstream_refused", "The upstream refused the request."),
    RESET(502, "upstream_reset", "The upstream closed the connection before its answer was complete."),
    BAD_RESPONSE(502, "upstream_bad_response", "The upstream's answer is not valid."),
    UPSTREAM_AUTH(502, "upstream_auth_error", "The upstream does not accept the gateway's credential."),
    UPSTREAM_RATE_LIMITED(429, "upstream_rate_limited", "All upstreams are rate limited; try again later."),
    OVERLOADED(503, "overloaded", "The gateway is overloaded; try again."),
    LIMITS_UNKNOWN(503, "limits_unavailable", "The limits cannot be checked at the moment; try again."),
    RESOURCES_UNKNOWN(
            503,
            "resources_unavailable",
            "The gateway cannot check at the moment who may use the resources that the request names; try again."),
    SHUTTING_DOWN(503, "shutting_down", "The gateway is shutting down; try again."),
    KEY_UNVERIFIED(503, "key_store_unavailable", "The API key cannot be verified at the moment; try again."),
    NO_UPSTREAM(503, "no_upstream_available", "No upstream is available at the moment."),
    CONNECT_TIMEOUT(504, "upstream_connect_timeout", "The upstream could not be reached in time."),
    FIRST_BYTE_TIMEOUT(504, "upstream_timeout", "The upstream did not answer in time."),
    STALLED(504, "upstream_stalled", "The upstream stopped in the middle of its answer."),
    REQUEST_TIMEOUT(504, "upstream_deadline", "The answer took longer than this gateway allows.");

    private final int status;
    private final String code;
    private final String message;

    ProxyError(int status, String code, String message) {
        this.status = status;
        this.code = code;
        this.message = message;
    }

    /** The HTTP status, before a dialect maps it to one of its own. */
    public int status() {
        return status;
    }

    /** The code in the body, in {@code X-LLMProxy-Error} and in metrics. */
    public String code() {
        return code;
    }

    /** Whether it shows that an upstream does not work as it should. */
    public boolean blamesUpstream() {
        return switch (this) {
            case CONNECT_FAILED,
                    TLS_FAILED,
                    RESET,
                    BAD_RESPONSE,
                    CONNECT_TIMEOUT,
                    FIRST_BYTE_TIMEOUT,
                    STALLED,
                    REQUEST_TIMEOUT -> true;
            default -> false;
        };
    }

    /** Whether an attempt that ended so is of interest to the operator of the upstream. */
    public boolean concernsUpstream() {
        return blamesUpstream() || this == REFUSED || this == UPSTREAM_AUTH;
    }

    /** Whether an upstream that failed so cannot have begun to work on the request. */
    public boolean isBeforeWork() {
        return switch (this) {
            case CONNECT_FAILED, TLS_FAILED, CONNECT_TIMEOUT, REFUSED -> true;
            default -> false;
        };
    }

    /** Whether some of the request may be left unread, so that its connection is of no more use. */
    public boolean leavesBodyUnread() {
        return status == 400 || this == METHOD_NOT_ALLOWED || this == CLIENT_TIMEOUT || this == BODY_TOO_LARGE;
    }

    /** The text for the client. */
    public String message() {
        return message;
    }
}
