package io.llmproxy.protocol;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What stands in the events that may say something of the end of their stream. */
final class EndSigns {
    private static final List<String> FAILURES = List.of("\nevent:error", "\nerror:", "\"error\":{", "\"error\":\"");

    /** How servers complain without any word of the API. */
    private static final List<String> COMPLAINTS = List.of("\"message\":\"", "\"detail\":");

    private static final SignTable CHAT = SignTable.of(
            List.of("\ndata:[DONE]", "\"finish_reason\":\"", "\"stop\":true", "\"done\":true"),
            FAILURES,
            // A choice other than the first one, which has to be finished, too; or a tool call.
            join(
                    COMPLAINTS,
                    Stream.iterate(1, digit -> digit + 1)
                            .limit(9)
                            .map("\"index\":%d"::formatted)
                            .toList()));
    private static final SignTable MESSAGES = SignTable.of(
            List.of("\"type\":\"message_stop\""), join(FAILURES, List.of("\"type\":\"error\"")), COMPLAINTS);
    private static final SignTable RESPONSES = SignTable.of(
            List.of(
                    "\"type\":\"response.completed\"",
                    "\"type\":\"response.incomplete\"",
                    "\"type\":\"response.cancelled\"",
                    "\"type\":\"response.done\""),
            join(FAILURES, List.of("\"type\":\"response.failed\"", "\"type\":\"error\"")),
            COMPLAINTS);
    private static final SignTable GEMINI = SignTable.of(
            List.of("\"finishReason\":\"", "\"blockReason\":\""),
            FAILURES,
            join(
                    COMPLAINTS,
                    Stream.iterate(1, digit -> digit + 1)
                            .limit(9)
                            .map("\"index\":%d"::formatted)
                            .toList()));
    private static final SignTable COHERE = SignTable.of(
            List.of("\"type\":\"message-end\"", "\"is_finished\":true"),
            FAILURES,
            // What comes first tells that it is this API at all.
            join(COMPLAINTS, List.of("\"type\":\"message-start\"", "\"is_finished\":false")));
    private static final SignTable NONE = SignTable.of(List.of(), List.of());

    private EndSigns() {}

    /** Returns none for an API that is not known. */
    static SignTable of(@Nullable StreamApi api) {
        if (api == null) {
            return NONE;
        }
        return switch (api) {
            case CHAT, COMPLETIONS -> CHAT;
            case MESSAGES -> MESSAGES;
            case RESPONSES -> RESPONSES;
            case GEMINI -> GEMINI;
            case COHERE -> COHERE;
            case LINES -> NONE;
        };
    }

    private static List<String> join(List<String> some, List<String> others) {
        return Stream.concat(some.stream(), others.stream()).toList();
    }
}
