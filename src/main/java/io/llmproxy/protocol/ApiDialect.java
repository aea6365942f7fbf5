package io.llmproxy.protocol;

import java.nio.charset.StandardCharsets;

/** An API as clients speak it: the words in which it tells an error. {@link ApiPath} tells which one a client speaks. */
public enum ApiDialect {
    /** OpenAI's chats and all else of its API, which is also assumed for what is not known to be another's. */
    OPENAI,

    /** OpenAI's Responses, whose streams tell an error in another way. */
    RESPONSES {
        /**
         * Tells a failure twice. OpenAI's own clients raise what is in a member {@code error} of any event, and others read the
         * members beside it, as they are documented. Codex passes over {@code error} and reads {@code response.failed}, which
         * the first would hand on as one more event; so it comes last. The numbers are there because clients demand them;
         * those of the stream so far are not known.
         */
        private static final String EVENTS = """
                event: error
                data: {"type":"error","error":{"type":"%1$s","code":%2$s,"message":%3$s,"param":null},"code":%2$s,\
                "message":%3$s,"param":null,"sequence_number":0}

                event: response.failed
                data: {"type":"response.failed","response":{"id":%4$s,"object":"response","created_at":0,"status":"failed",\
                "error":{"code":%2$s,"message":%3$s},"incomplete_details":null,"model":"","output":[],"usage":null},\
                "sequence_number":0}

                """;

        @Override
        String eventText(ApiError error) {
            return EVENTS.formatted(
                    openAiType(error.status()),
                    JsonText.quote(error.code()),
                    JsonText.quote(error.message()),
                    JsonText.quote("resp_" + error.requestId()));
        }
    },

    /** Anthropic's Messages. */
    ANTHROPIC {
        private static final String BODY = """
                {"type":"error","error":{"type":"%s","message":%s},"request_id":%s}""";

        @Override
        public int statusFor(int status) {
            return switch (status) {
                case 503 -> 529;
                default -> status;
            };
        }

        @Override
        String errorText(ApiError error) {
            return BODY.formatted(
                    type(error.status()), JsonText.quote(error.message()), JsonText.quote(error.requestId()));
        }

        @Override
        String eventText(ApiError error) {
            return "event: error\n" + super.eventText(error);
        }

        /** Anthropic's own, which its clients pass over, in those streams that it sends it in. */
        @Override
        String heartbeatText(ApiPath path) {
            return path.dialect() == ANTHROPIC ? PING : COMMENT;
        }

        private static String type(int status) {
            return switch (status) {
                case 401 -> "authentication_error";
                case 402 -> "billing_error";
                case 403 -> "permission_error";
                case 404 -> "not_found_error";
                case 408, 504 -> "timeout_error";
                case 409 -> "conflict_error";
                case 413 -> "request_too_large";
                case 429 -> "rate_limit_error";
                case 503, 529 -> "overloaded_error";
                default -> status < 500 ? "invalid_request_error" : "api_error";
            };
        }
    },

    /** Google's, of Gemini and Vertex AI. */
    GEMINI {
        private static final String BODY = """
                {"error":{"code":%s,"message":%s,"status":"%s"%s}}""";

        /** Google's clients are told in the body, not in a header, when to try again. */
        private static final String DETAILS = """
                ,"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"%ss"}]""";

        @Override
        public int statusFor(int status) {
            return switch (status) {
                case 402 -> 429;
                case 413 -> 400;
                case 529 -> 503;
                default -> status;
            };
        }

        @Override
        String errorText(ApiError error) {
            int status = statusFor(error.status());
            return BODY.formatted(status, JsonText.quote(error.message()), name(status), details(error));
        }

        /** Some of Google's clients take every line for an answer, whatever it begins with. */
        @Override
        String heartbeatText(ApiPath path) {
            return "";
        }

        private static String details(ApiError error) {
            long seconds = error.retryAfterSeconds();
            return seconds > 0 ? DETAILS.formatted(seconds) : "";
        }

        /** The name in {@code google.rpc.Code} that Google maps to a status. */
        private static String name(int status) {
            return switch (status) {
                case 401 -> "UNAUTHENTICATED";
                case 403 -> "PERMISSION_DENIED";
                case 404 -> "NOT_FOUND";
                case 408, 504 -> "DEADLINE_EXCEEDED";
                case 409 -> "ABORTED";
                case 429 -> "RESOURCE_EXHAUSTED";
                case 501 -> "UNIMPLEMENTED";
                case 503 -> "UNAVAILABLE";
                default -> status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
            };
        }
    };

    /** Has no blank line: some clients take each blank line for the end of an event, even if there was none. */
    private static final String COMMENT = ": heartbeat\n";

    private static final String PING = "event: ping\ndata: {\"type\": \"ping\"}\n\n";

    private static final String OPENAI_BODY = """
            {"error":{"message":%s,"type":"%s","param":%s,"code":%s}}""";

    /**
     * Returns the status that a client of this dialect expects for a cause.
     *
     * @param status the HTTP status that names the cause, see {@link ApiError#status}
     */
    public int statusFor(int status) {
        return switch (status) {
            case 402 -> 429;
            case 529 -> 503;
            default -> status;
        };
    }

    /** Returns the body of the response that tells the error: JSON in UTF-8. */
    public final byte[] errorBody(ApiError error) {
        return errorText(error).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Returns the event that tells the error in a stream that has begun, up to and with its blank line, in UTF-8; more
     * than one where clients differ in what they look for.
     */
    public final byte[] errorEvent(ApiError error) {
        return eventText(error).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Returns what tells the client of a stream that falls silent that it is still being served, and is not taken for a
     * part of the answer by any client of this dialect; empty if there is no such thing.
     *
     * @param path the request's, as not all streams of a dialect are of one kind
     */
    public final byte[] heartbeat(ApiPath path) {
        return heartbeatText(path).getBytes(StandardCharsets.US_ASCII);
    }

    String errorText(ApiError error) {
        String param = error.param();
        return OPENAI_BODY.formatted(
                JsonText.quote(error.message()),
                openAiType(error.status()),
                param == null ? "null" : JsonText.quote(param),
                JsonText.quote(error.code()));
    }

    String heartbeatText(ApiPath path) {
        return COMMENT;
    }

    String eventText(ApiError error) {
        return "data: " + errorText(error) + "\n\n";
    }

    private static String openAiType(int status) {
        return switch (status) {
            case 402 -> "insufficient_quota";
            case 429 -> "rate_limit_exceeded";
            default -> status < 500 ? "invalid_request_error" : "server_error";
        };
    }
}
