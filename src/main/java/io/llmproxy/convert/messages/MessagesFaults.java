package io.llmproxy.convert.messages;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Fault;

/** Errors in Anthropic's words. */
final class MessagesFaults {
    private static final String TOO_LONG = "prompt is too long:";

    private MessagesFaults() {}

    static Json.Obj encode(Fault fault) {
        String message = fault.message();
        // Claude Code makes room when it reads these words, and no others.
        if (fault.cause() == Fault.Cause.CONTEXT_TOO_LONG && !message.startsWith(TOO_LONG)) {
            message = TOO_LONG + " " + message;
        }
        Json.Obj error = new Json.Obj().put("type", type(fault)).put("message", message);
        return new Json.Obj().put("type", "error").put("error", error);
    }

    static int status(Fault fault) {
        return switch (fault.cause()) {
            case UPSTREAM_CREDENTIAL, BAD_ANSWER -> 502;
            case QUOTA_GONE -> 402;
            case RATE_LIMITED -> 429;
            case OVERLOADED -> 529;
            case TIMEOUT -> 504;
            case CONTEXT_TOO_LONG -> 400;
            case SERVER -> fault.status() < 500 ? fault.status() : 500;
            default -> fault.status();
        };
    }

    private static String type(Fault fault) {
        return switch (fault.cause()) {
            case BAD_REQUEST, CONTEXT_TOO_LONG -> "invalid_request_error";
            case NOT_FOUND -> "not_found_error";
            case RATE_LIMITED -> "rate_limit_error";
            case QUOTA_GONE -> "billing_error";
            case OVERLOADED -> "overloaded_error";
            case TOO_LARGE -> "request_too_large";
            case TIMEOUT -> "timeout_error";
            default -> "api_error";
        };
    }
}
