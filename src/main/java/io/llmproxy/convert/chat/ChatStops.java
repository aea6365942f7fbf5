package io.llmproxy.convert.chat;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Stop;
import io.llmproxy.convert.model.Stop.Reason;

/** Why a model stopped, as chats tell it. */
final class ChatStops {
    private ChatStops() {}

    /** Returns the stop of a choice that has a finish reason. */
    static Stop decode(Json.Obj choice) {
        String word = choice.string("finish_reason", "");
        return switch (word) {
            case "stop", "eos" -> {
                // Some servers tell which stop string was met.
                String met = choice.string("stop_reason");
                yield met == null ? new Stop(Reason.END) : new Stop(Reason.STOP_SEQUENCE, met);
            }
            case "length" -> new Stop(Reason.MAX_TOKENS);
            case "tool_calls", "function_call" -> new Stop(Reason.TOOL_CALLS);
            case "content_filter" -> new Stop(Reason.FILTERED);
            case "error" -> new Stop(Reason.BAD_TOOL_CALL, "the upstream ended with an error");
            default -> new Stop(Reason.UNKNOWN, word);
        };
    }

    static String encode(Stop stop) {
        return switch (stop.reason()) {
            case MAX_TOKENS, CONTEXT_FULL -> "length";
            case TOOL_CALLS -> "tool_calls";
            case REFUSED, FILTERED -> "content_filter";
            default -> "stop";
        };
    }
}
