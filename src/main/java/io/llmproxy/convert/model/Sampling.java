package io.llmproxy.convert.model;

import io.llmproxy.convert.json.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the model picks its words. What is null was not said; numbers keep the text that they were written in. */
public record Sampling(
        @Nullable Long maxOutput,
        Json.@Nullable Num temperature,
        Json.@Nullable Num topP,
        Json.@Nullable Num topK,
        List<String> stop,
        Json.@Nullable Num seed,
        @Nullable Long choices,
        Json.@Nullable Num frequencyPenalty,
        Json.@Nullable Num presencePenalty,
        boolean logprobs,
        @Nullable Long topLogprobs,
        @Nullable String verbosity) {

    /** Nothing was said. */
    public static final Sampling UNSAID =
            new Sampling(null, null, null, null, List.of(), null, null, null, null, false, null, null);
}
