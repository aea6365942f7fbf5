package io.llmproxy.protocol;

import org.jspecify.annotations.Nullable;

/** What one of the first events of a stream amounts to. */
final class OpeningEvent {
    private static final String RESPONSE = "response.";

    private final LifecycleRules rules;
    private boolean allowed = true;
    private boolean identified;
    private boolean failed;
    private @Nullable String code;
    private @Nullable String type;
    private @Nullable String status;

    private OpeningEvent(LifecycleRules rules) {
        this.rules = rules;
    }

    /** Reads an event's data. */
    static OpeningEvent of(LifecycleRules rules, byte[] data) {
        OpeningEvent event = new OpeningEvent(rules);
        if (!JsonLeaves.read(data, event::leaf)) {
            event.allowed = false;
            event.failed = false;
        }
        return event;
    }

    /** Whether the event is known to say only that the answer has begun. */
    boolean isLifecycle() {
        return allowed && identified && !failed;
    }

    /** Returns the HTTP status that the event stands for; 0 if it tells no error. */
    int errorStatus() {
        return failed ? ErrorNames.status(code, type, status) : 0;
    }

    private void leaf(String path, String value) {
        allowed &= rules.allow(path, value);
        identified |= rules.identifies(path);
        switch (path.startsWith(RESPONSE) ? path.substring(RESPONSE.length()) : path) {
            case "type" -> failed |= value.equals("error");
            case "error.code", "code" -> code = value;
            case "error.type" -> type = value;
            case "error.status" -> status = value;
            default -> {}
        }
        failed |= isError(path);
    }

    private static boolean isError(String path) {
        String error = path.startsWith(RESPONSE) ? "response.error" : "error";
        return path.startsWith(error) && (path.length() == error.length() || path.charAt(error.length()) == '.');
    }
}
