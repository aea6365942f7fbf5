package io.llmproxy.convert.gemini;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.Stop.Reason;
import org.jspecify.annotations.Nullable;

/** Why a model stopped, as generateContent tells it. It says STOP for calls, too. */
final class GeminiStops {
    private GeminiStops() {}

    static Stop decode(String word) {
        return switch (word) {
            case "STOP" -> new Stop(Reason.END);
            case "MAX_TOKENS" -> new Stop(Reason.MAX_TOKENS);
            case "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS" ->
                new Stop(Reason.BAD_TOOL_CALL, word);
            case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE" ->
                new Stop(Reason.FILTERED, word);
            default -> word.startsWith("IMAGE_") ? new Stop(Reason.FILTERED, word) : new Stop(Reason.UNKNOWN, word);
        };
    }

    /** Returns why there are no candidates; null if there may be some. */
    static @Nullable Stop blocked(Json.Obj body) {
        Json.Obj feedback = body.object("promptFeedback");
        String reason = feedback == null ? null : feedback.string("blockReason");
        return reason == null || reason.equals("BLOCK_REASON_UNSPECIFIED") ? null : new Stop(Reason.FILTERED, reason);
    }

    static String encode(Stop stop) {
        return switch (stop.reason()) {
            case MAX_TOKENS, CONTEXT_FULL -> "MAX_TOKENS";
            case REFUSED, FILTERED -> "SAFETY";
            case BAD_TOOL_CALL -> "MALFORMED_FUNCTION_CALL";
            case UNKNOWN -> "OTHER";
            default -> "STOP";
        };
    }
}
