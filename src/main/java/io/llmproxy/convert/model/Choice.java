package io.llmproxy.convert.model;

import io.llmproxy.convert.json.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One of the answers to a request.
 *
 * @param logprobs tokens with their probabilities, as OpenAI writes them
 */
public record Choice(int index, List<Part> parts, Stop stop, Json.@Nullable Arr logprobs) {
    /** Returns whether it asks for a tool. */
    public boolean hasCalls() {
        return parts.stream().anyMatch(Part.ToolCall.class::isInstance);
    }
}
