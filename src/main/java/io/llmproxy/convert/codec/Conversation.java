package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Turn;
import io.llmproxy.convert.model.Turn.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Brings the turns of a conversation into the order that every upstream takes: the results of a turn's calls come right
 * after it, all of them, in the order of the calls.
 */
public final class Conversation {
    private static final String NO_RESULT = "no result was recorded for this call";

    private final Notes notes;
    private final List<Turn> arranged = new ArrayList<>();

    private Conversation(Notes notes) {
        this.notes = notes;
    }

    /**
     * Returns the turns in order.
     *
     * @throws ConversionException if a result answers no call
     */
    public static List<Turn> arrange(List<Turn> turns, Notes notes) {
        Conversation conversation = new Conversation(notes);
        int index = 0;
        while (index < turns.size()) {
            Turn turn = turns.get(index);
            index = turn.role() == Role.ASSISTANT ? conversation.round(turns, index) : conversation.single(turn, index);
        }
        return conversation.arranged;
    }

    /** Returns whether a turn holds a call. */
    public static boolean hasCalls(Turn turn) {
        return turn.parts().stream().anyMatch(Part.ToolCall.class::isInstance);
    }

    private int single(Turn turn, int index) {
        if (turn.role() == Role.TOOL) {
            throw orphan(turn.parts().get(0));
        }
        arranged.add(turn);
        return index + 1;
    }

    /** Takes consecutive turns of the assistant as one, and all up to its next one. */
    private int round(List<Turn> turns, int first) {
        Map<String, Part.ToolCall> calls = new LinkedHashMap<>();
        int index = first;
        List<Part> said = new ArrayList<>();
        while (index < turns.size() && turns.get(index).role() == Role.ASSISTANT) {
            said.addAll(turns.get(index++).parts());
        }
        arranged.add(turns.get(first).with(said));
        for (Part part : said) {
            if (part instanceof Part.ToolCall call) {
                calls.put(call.id(), call);
            }
        }
        Map<String, Part.ToolResult> results = new LinkedHashMap<>();
        List<Turn> others = new ArrayList<>();
        Turn tool = null;
        while (index < turns.size() && turns.get(index).role() != Role.ASSISTANT) {
            Turn turn = turns.get(index++);
            if (turn.role() == Role.TOOL) {
                tool = turn;
                take(turn, calls, results);
            } else {
                others.add(turn);
            }
        }
        if (!calls.isEmpty()) {
            arranged.add(new Turn(Role.TOOL, inOrder(calls, results), null, at(tool, turns.get(first))));
        }
        arranged.addAll(others);
        return index;
    }

    private static Node at(@Nullable Turn tool, Turn assistant) {
        return tool == null ? assistant.at() : tool.at();
    }

    private void take(Turn turn, Map<String, Part.ToolCall> calls, Map<String, Part.ToolResult> results) {
        for (Part part : turn.parts()) {
            if (!(part instanceof Part.ToolResult result) || !calls.containsKey(result.callId())) {
                throw orphan(part);
            }
            if (results.put(result.callId(), result) != null) {
                notes.dropped(result.at().path());
            }
        }
    }

    private List<Part> inOrder(Map<String, Part.ToolCall> calls, Map<String, Part.ToolResult> results) {
        List<Part> parts = new ArrayList<>(calls.size());
        for (Part.ToolCall call : calls.values()) {
            Part.ToolResult result = results.get(call.id());
            if (result == null) {
                notes.weakened(call.at().path(), "there is no result for this call");
                parts.add(new Part.ToolResult(
                        call.id(),
                        ToolNames.flat(call.namespace(), call.name()),
                        List.of(new Part.Text(NO_RESULT)),
                        true,
                        call.custom(),
                        null,
                        call.at()));
            } else {
                parts.add(new Part.ToolResult(
                        result.callId(),
                        ToolNames.flat(call.namespace(), call.name()),
                        result.parts(),
                        result.error(),
                        call.custom(),
                        result.cache(),
                        result.at()));
            }
        }
        return parts;
    }

    private static ConversionException orphan(Part part) {
        String path = part instanceof Part.ToolResult result ? result.at().path() : "";
        return ConversionException.invalid(path, path + " is the result of a call that is not in the turn before it");
    }
}
