package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonException;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.Fault;
import io.llmproxy.convert.model.Fault.Cause;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the errors of upstreams, whatever dialect or server they come from. */
public final class Faults {
    private static final int LONGEST = 2048;
    private static final Pattern SECRET =
            Pattern.compile("\\b(?:sk|AIza|ya29|Bearer|key|eyJ)[-_. =]?[A-Za-z0-9_*.-]{12,}");
    private static final List<String> TOO_LONG = List.of(
            "prompt is too long",
            "context length",
            "context_length",
            "maximum context",
            "input token count",
            "exceeds the maximum number of tokens",
            "context window");

    private Faults() {}

    /**
     * Reads the body of an answer that is an error.
     *
     * @param status the answer's status; 200 for an error in a stream or in place of an answer
     * @param retryAfterSeconds what a header says; 0 if none does
     */
    public static Fault decode(int status, long retryAfterSeconds, byte[] body) {
        try {
            return decode(status, retryAfterSeconds, JsonReader.read(body));
        } catch (JsonException e) {
            String text = new String(body, 0, Math.min(body.length, LONGEST), StandardCharsets.UTF_8).strip();
            String message =
                    text.isEmpty() || text.startsWith("<") ? "the upstream answered with status " + status : text;
            return of(status, message, null, null, retryAfterSeconds, "");
        }
    }

    /** Reads an error that has been parsed. */
    public static Fault decode(int status, long retryAfterSeconds, Json body) {
        Json json = body instanceof Json.Arr array && !array.isEmpty()
                ? array.items().get(0)
                : body;
        if (!(json instanceof Json.Obj object)) {
            return of(status, text(json), null, null, retryAfterSeconds, "");
        }
        Json inner = object.get("error");
        if (inner instanceof Json.Obj error) {
            return ofError(status, retryAfterSeconds, error);
        }
        if (inner != null) {
            return of(status, text(inner), null, null, retryAfterSeconds, "");
        }
        Json detail = object.get("detail");
        Json message = object.get("message");
        Json told = message != null ? message : detail != null ? detail : object;
        return of(
                status,
                text(told),
                code(object.get("code")),
                object.string("param"),
                retryAfterSeconds,
                object.string("type", ""));
    }

    private static Fault ofError(int status, long retryAfterSeconds, Json.Obj error) {
        Json message = error.get("message");
        long told = error.number("code", 0);
        int cause = status >= 400 ? status : told >= 400 && told < 600 ? (int) told : 0;
        String type = error.string("type", error.string("status", ""));
        long after = retryAfterSeconds > 0 ? retryAfterSeconds : retryDelay(error);
        String code = code(error.get("code"));
        String quota = isDaily(error) ? "insufficient_quota" : code;
        return of(cause, text(message == null ? error : message), quota, error.string("param"), after, type);
    }

    private static Fault of(
            int status, String message, @Nullable String code, @Nullable String param, long after, String type) {
        String words = code == null ? type : code;
        Cause cause = cause(status, words, type, message);
        int told = status >= 400 ? status : statusOf(cause);
        // What it says of the gateway's own credential is none of the client's business.
        String safe = cause == Cause.UPSTREAM_CREDENTIAL
                ? "the upstream does not accept the gateway's credential"
                : SECRET.matcher(cut(message)).replaceAll("***");
        return new Fault(cause, told, safe, words.isEmpty() ? null : words, param, after);
    }

    private static Cause cause(int status, String code, String type, String message) {
        String lower = message.toLowerCase(Locale.ROOT);
        if (code.equals("context_length_exceeded")
                || (status < 500 && status != 429 && TOO_LONG.stream().anyMatch(lower::contains))) {
            return Cause.CONTEXT_TOO_LONG;
        }
        if (code.equals("insufficient_quota") || type.equals("billing_error") || status == 402) {
            return Cause.QUOTA_GONE;
        }
        if (status == 401
                || status == 403
                || lower.contains("api key not valid")
                || lower.contains("api_key_invalid")) {
            return Cause.UPSTREAM_CREDENTIAL;
        }
        Cause byName = byName(type.isEmpty() ? code : type);
        return byName == null || status >= 400 ? byStatus(status, byName) : byName;
    }

    private static Cause byStatus(int status, @Nullable Cause byName) {
        return switch (status) {
            case 404 -> Cause.NOT_FOUND;
            case 408, 504 -> Cause.TIMEOUT;
            case 413 -> Cause.TOO_LARGE;
            case 429 -> Cause.RATE_LIMITED;
            case 503, 529 -> Cause.OVERLOADED;
            case 0, 200 -> byName == null ? Cause.SERVER : byName;
            default -> status >= 400 && status < 500 ? Cause.BAD_REQUEST : Cause.SERVER;
        };
    }

    private static @Nullable Cause byName(String name) {
        return switch (name) {
            case "authentication_error", "permission_error", "UNAUTHENTICATED", "PERMISSION_DENIED" ->
                Cause.UPSTREAM_CREDENTIAL;
            case "invalid_request_error", "invalid_prompt", "INVALID_ARGUMENT", "FAILED_PRECONDITION" ->
                Cause.BAD_REQUEST;
            case "not_found_error", "NOT_FOUND", "model_not_found" -> Cause.NOT_FOUND;
            case "rate_limit_error", "rate_limit_exceeded", "RESOURCE_EXHAUSTED" -> Cause.RATE_LIMITED;
            case "overloaded_error", "UNAVAILABLE", "server_is_overloaded", "slow_down" -> Cause.OVERLOADED;
            case "timeout_error", "DEADLINE_EXCEEDED" -> Cause.TIMEOUT;
            case "request_too_large" -> Cause.TOO_LARGE;
            default -> null;
        };
    }

    private static int statusOf(Cause cause) {
        return switch (cause) {
            case BAD_REQUEST, CONTEXT_TOO_LONG -> 400;
            case UPSTREAM_CREDENTIAL -> 401;
            case NOT_FOUND -> 404;
            case RATE_LIMITED, QUOTA_GONE -> 429;
            case OVERLOADED -> 503;
            case TOO_LARGE -> 413;
            case TIMEOUT -> 504;
            case BAD_ANSWER -> 502;
            case SERVER -> 500;
        };
    }

    private static long retryDelay(Json.Obj error) {
        for (Json detail : error.array("details")) {
            String delay = detail instanceof Json.Obj object ? object.string("retryDelay") : null;
            if (delay != null && delay.matches("\\d{1,9}(\\.\\d{1,9})?s")) {
                return (long) Math.ceil(Double.parseDouble(delay.substring(0, delay.length() - 1)));
            }
        }
        return 0;
    }

    private static boolean isDaily(Json.Obj error) {
        for (Json detail : error.array("details")) {
            if (detail instanceof Json.Obj object
                    && object.string("@type", "").endsWith("QuotaFailure")
                    && object.text().contains("PerDay")) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable String code(@Nullable Json code) {
        return code instanceof Json.Str text ? text.value() : null;
    }

    private static String text(Json json) {
        return json instanceof Json.Str text ? text.value() : json.text();
    }

    private static String cut(String message) {
        return message.length() <= LONGEST ? message : message.substring(0, LONGEST);
    }
}
