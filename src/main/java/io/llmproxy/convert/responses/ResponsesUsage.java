package io.llmproxy.convert.responses;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Usage;
import org.jspecify.annotations.Nullable;

/** Usage as Responses tell it; no member may be left out. */
final class ResponsesUsage {
    private ResponsesUsage() {}

    static @Nullable Usage decode(Json.@Nullable Obj usage) {
        if (usage == null) {
            return null;
        }
        Json.Obj in = usage.object("input_tokens_details");
        Json.Obj out = usage.object("output_tokens_details");
        long read = in == null ? 0 : in.number("cached_tokens", 0);
        long written = in == null ? 0 : in.number("cache_write_tokens", 0);
        return new Usage(
                Math.max(0, usage.number("input_tokens", 0) - read - written),
                read,
                written,
                0,
                0,
                Math.max(0, usage.number("output_tokens", 0)),
                out == null ? 0 : out.number("reasoning_tokens", 0),
                0,
                0);
    }

    static Json.Obj encode(Usage usage) {
        Json.Obj in =
                new Json.Obj().put("cached_tokens", usage.cacheRead()).put("cache_write_tokens", usage.cacheWrite());
        return new Json.Obj()
                .put("input_tokens", usage.totalInput())
                .put("input_tokens_details", in)
                .put("output_tokens", usage.output())
                .put("output_tokens_details", new Json.Obj().put("reasoning_tokens", usage.reasoning()))
                .put("total_tokens", usage.total());
    }
}
