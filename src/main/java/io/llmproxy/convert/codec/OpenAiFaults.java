package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Fault;
import org.jspecify.annotations.Nullable;

/** Errors in OpenAI's words. */
public final class OpenAiFaults {
    private OpenAiFaults() {}

    /** Returns the body that tells an error. */
    public static Json.Obj encode(Fault fault) {
        Json.Obj error = new Json.Obj().put("message", fault.message()).put("type", type(fault.cause()));
        if (fault.param() == null) {
            error.putNull("param");
        } else {
            error.put("param", fault.param());
        }
        String code = code(fault);
        error.put("code", code == null ? Json.Null.NULL : new Json.Str(code));
        return new Json.Obj().put("error", error);
    }

    /** Returns the status that an error has. */
    public static int status(Fault fault) {
        return switch (fault.cause()) {
            case UPSTREAM_CREDENTIAL, BAD_ANSWER -> 502;
            case QUOTA_GONE, RATE_LIMITED -> 429;
            case OVERLOADED -> 503;
            case TIMEOUT -> 504;
            case CONTEXT_TOO_LONG -> 400;
            default -> fault.status();
        };
    }

    private static String type(Fault.Cause cause) {
        return switch (cause) {
            case BAD_REQUEST, CONTEXT_TOO_LONG, NOT_FOUND, TOO_LARGE -> "invalid_request_error";
            case RATE_LIMITED -> "rate_limit_exceeded";
            case QUOTA_GONE -> "insufficient_quota";
            default -> "server_error";
        };
    }

    /** Returns the name by which clients know an error; null if there is none. */
    public static @Nullable String code(Fault fault) {
        return switch (fault.cause()) {
            case CONTEXT_TOO_LONG -> "context_length_exceeded";
            case UPSTREAM_CREDENTIAL -> "upstream_auth";
            case QUOTA_GONE -> "insufficient_quota";
            case RATE_LIMITED -> "rate_limit_exceeded";
            case OVERLOADED -> "server_is_overloaded";
            default -> fault.code();
        };
    }
}
