package io.llmproxy.usage;

import java.util.List;
import java.util.stream.Stream;

/** Why models end, as the APIs say it. Nothing is made for a word that is known. */
final class FinishReasons {
    private static final List<List<String>> KNOWN = Stream.of(
                    "stop",
                    "end_turn",
                    "STOP",
                    "length",
                    "max_tokens",
                    "MAX_TOKENS",
                    "tool_calls",
                    "tool_use",
                    "function_call",
                    "stop_sequence",
                    "pause_turn",
                    "refusal",
                    "content_filter",
                    "SAFETY",
                    "RECITATION",
                    "MALFORMED_FUNCTION_CALL",
                    "OTHER")
            .map(List::of)
            .toList();

    private FinishReasons() {}

    /** Returns a word as a list; an empty one if it is longer or stranger than a reason is. */
    static List<String> of(Word word) {
        for (List<String> reason : KNOWN) {
            if (word.is(reason.get(0))) {
                return reason;
            }
        }
        String text = word.text();
        return text == null ? List.of() : List.of(text);
    }
}
