package io.llmproxy.convert.codec;

import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.Usage;

/**
 * How a client is answered.
 *
 * @param request what it asked
 * @param model the name of the model that it asked for
 * @param policy what the operator decided
 * @param names the tools' names, which the upstream was given
 * @param ids names for answers
 * @param epochSecond when
 * @param estimate what the prompt is likely to take, told before the upstream tells it
 * @param limits how much is kept
 * @param array whether a stream of Gemini's is an array
 */
public record Answering(
        ChatRequest request,
        String model,
        Policy policy,
        ToolNames names,
        Ids ids,
        long epochSecond,
        Usage estimate,
        Limits limits,
        boolean array) {}
