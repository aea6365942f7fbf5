package io.llmproxy.protocol;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Collects of the leaves of a JSON text what they tell of an error, in the words of any of the APIs. */
final class ErrorLeaves {
    private static final String RESPONSE = "response.";

    /** A duration in the JSON of Protocol Buffers, of some years at most. */
    private static final Pattern DURATION = Pattern.compile("\\d{1,9}(?:\\.\\d{1,9})?s");

    private boolean failed;
    private @Nullable String code;
    private @Nullable String type;
    private @Nullable String status;
    private OptionalLong waitNanos = OptionalLong.empty();

    /** Takes note of a leaf. */
    void take(String path, String value) {
        switch (path.startsWith(RESPONSE) ? path.substring(RESPONSE.length()) : path) {
            case "type" -> failed |= value.equals("error");
            case "error.code", "code" -> code = value;
            case "error.type" -> type = value;
            case "error.status" -> status = value;
            case "error.details[].retryDelay" -> waitNanos = nanos(value);
            default -> {}
        }
        failed |= isError(path);
    }

    private static boolean isError(String path) {
        String error = path.startsWith(RESPONSE) ? "response.error" : "error";
        return path.startsWith(error) && (path.length() == error.length() || path.charAt(error.length()) == '.');
    }

    private static OptionalLong nanos(String duration) {
        if (!DURATION.matcher(duration).matches()) {
            return OptionalLong.empty();
        }
        double seconds = Double.parseDouble(duration.substring(0, duration.length() - 1));
        return OptionalLong.of((long) (seconds * TimeUnit.SECONDS.toNanos(1)));
    }

    /** Returns the error; null if none was told. */
    @Nullable ToldError error() {
        return failed ? new ToldError(ErrorNames.status(code, type, status), waitNanos) : null;
    }
}
