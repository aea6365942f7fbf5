package io.llmproxy.convert.gemini;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Fault;

/** Errors in Google's words. */
final class GeminiFaults {
    private GeminiFaults() {}

    static Json.Obj encode(Fault fault) {
        Json.Obj error = new Json.Obj()
                .put("code", status(fault))
                .put("message", fault.message())
                .put("status", name(status(fault)));
        if (fault.retryAfterSeconds() > 0) {
            error.put(
                    "details",
                    new Json.Arr()
                            .add(new Json.Obj()
                                    .put("@type", "type.googleapis.com/google.rpc.RetryInfo")
                                    .put("retryDelay", fault.retryAfterSeconds() + "s")));
        }
        return new Json.Obj().put("error", error);
    }

    static int status(Fault fault) {
        return switch (fault.cause()) {
            case UPSTREAM_CREDENTIAL, BAD_ANSWER -> 502;
            case QUOTA_GONE, RATE_LIMITED -> 429;
            case OVERLOADED -> 503;
            case TIMEOUT -> 504;
            case CONTEXT_TOO_LONG, TOO_LARGE -> 400;
            case SERVER -> fault.status() < 500 ? fault.status() : 500;
            default -> fault.status();
        };
    }

    private static String name(int status) {
        return switch (status) {
            case 404 -> "NOT_FOUND";
            case 408, 504 -> "DEADLINE_EXCEEDED";
            case 429 -> "RESOURCE_EXHAUSTED";
            case 503 -> "UNAVAILABLE";
            default -> status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
        };
    }
}
