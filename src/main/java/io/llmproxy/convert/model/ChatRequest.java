package io.llmproxy.convert.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for.
 *
 * @param model as the client names it
 * @param turns in the client's order; instructions stand where the client put them
 * @param choice null if not said
 * @param parallelCalls whether the model may ask for several tools at once; null if not said
 * @param format null for plain text
 * @param cacheKey what OpenAI finds a cached prompt by
 * @param tier the word of the client's dialect
 * @param stream whether the answer comes in events
 * @param streamUsage whether the client wants usage at the end of a stream
 * @param sealedReasoning whether the client takes reasoning that only the provider can read
 * @param extras all else
 */
public record ChatRequest(
        String model,
        List<Turn> turns,
        List<Tool> tools,
        @Nullable ToolChoice choice,
        @Nullable Boolean parallelCalls,
        Sampling sampling,
        Thinking thinking,
        @Nullable OutputFormat format,
        Audience audience,
        @Nullable String cacheKey,
        @Nullable String tier,
        boolean stream,
        boolean streamUsage,
        boolean sealedReasoning,
        List<Extra> extras) {

    /** Returns this request with other turns. */
    public ChatRequest with(List<Turn> others) {
        return new ChatRequest(
                model,
                others,
                tools,
                choice,
                parallelCalls,
                sampling,
                thinking,
                format,
                audience,
                cacheKey,
                tier,
                stream,
                streamUsage,
                sealedReasoning,
                extras);
    }
}
