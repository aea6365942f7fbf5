package io.llmproxy.convert.gemini;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Usage;
import org.jspecify.annotations.Nullable;

/** Usage as generateContent tells it: thoughts come on top of what the candidates say. */
final class GeminiUsage {
    private GeminiUsage() {}

    static @Nullable Usage decode(Json.@Nullable Obj usage) {
        if (usage == null || usage.isEmpty()) {
            return null;
        }
        long cached = usage.number("cachedContentTokenCount", 0);
        long thoughts = usage.number("thoughtsTokenCount", 0);
        return new Usage(
                Math.max(0, usage.number("promptTokenCount", 0) - cached),
                cached,
                0,
                0,
                usage.number("toolUsePromptTokenCount", 0),
                usage.number("candidatesTokenCount", 0) + thoughts,
                thoughts,
                audio(usage.array("promptTokensDetails")),
                audio(usage.array("candidatesTokensDetails")));
    }

    private static long audio(Iterable<Json> details) {
        long tokens = 0;
        for (Json detail : details) {
            if (detail instanceof Json.Obj object && "AUDIO".equals(object.string("modality"))) {
                tokens += object.number("tokenCount", 0);
            }
        }
        return tokens;
    }

    static Json.Obj encode(Usage usage) {
        Json.Obj written = new Json.Obj()
                .put("promptTokenCount", usage.totalInput() - usage.toolPrompt())
                .put("candidatesTokenCount", Math.max(0, usage.output() - usage.reasoning()))
                .put("totalTokenCount", usage.total());
        if (usage.cacheRead() > 0) {
            written.put("cachedContentTokenCount", usage.cacheRead());
        }
        if (usage.reasoning() > 0) {
            written.put("thoughtsTokenCount", usage.reasoning());
        }
        if (usage.toolPrompt() > 0) {
            written.put("toolUsePromptTokenCount", usage.toolPrompt());
        }
        return written;
    }
}
