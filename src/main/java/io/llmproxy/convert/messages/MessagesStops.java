package io.llmproxy.convert.messages;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.Stop.Reason;

/** Why a model stopped, as Messages tell it. */
final class MessagesStops {
    private MessagesStops() {}

    /** Reads what an answer, or the last event of a stream, says. */
    static Stop decode(Json.Obj said) {
        String word = said.string("stop_reason", "");
        return switch (word) {
            case "end_turn" -> new Stop(Reason.END);
            case "stop_sequence" -> new Stop(Reason.STOP_SEQUENCE, said.string("stop_sequence"));
            case "max_tokens" -> new Stop(Reason.MAX_TOKENS);
            case "tool_use" -> new Stop(Reason.TOOL_CALLS);
            case "pause_turn", "compaction" -> new Stop(Reason.PAUSED);
            case "refusal" -> {
                Json.Obj details = said.object("stop_details");
                yield new Stop(Reason.REFUSED, details == null ? null : details.string("explanation"));
            }
            case "model_context_window_exceeded" -> new Stop(Reason.CONTEXT_FULL);
            default -> new Stop(Reason.UNKNOWN, word);
        };
    }

    /** Writes why the model stopped into an answer, or into the last event of a stream. */
    static Json.Obj encode(Stop stop, Json.Obj into) {
        into.put("stop_reason", word(stop.reason()));
        boolean met = stop.reason() == Reason.STOP_SEQUENCE && stop.detail() != null;
        into.put("stop_sequence", met ? new Json.Str(String.valueOf(stop.detail())) : Json.Null.NULL);
        if (stop.reason() == Reason.REFUSED && stop.detail() != null) {
            into.put("stop_details", new Json.Obj().put("type", "refusal").put("explanation", stop.detail()));
        }
        return into;
    }

    private static String word(Reason reason) {
        return switch (reason) {
            case STOP_SEQUENCE -> "stop_sequence";
            case MAX_TOKENS -> "max_tokens";
            case CONTEXT_FULL -> "model_context_window_exceeded";
            case TOOL_CALLS -> "tool_use";
            case PAUSED -> "pause_turn";
            case REFUSED, FILTERED -> "refusal";
            default -> "end_turn";
        };
    }
}
