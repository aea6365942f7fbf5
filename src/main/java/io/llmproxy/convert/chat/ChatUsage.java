package io.llmproxy.convert.chat;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Usage;
import org.jspecify.annotations.Nullable;

/** Usage as chats tell it: what was read from the cache is part of the prompt. */
final class ChatUsage {
    private ChatUsage() {}

    static @Nullable Usage decode(Json.@Nullable Obj usage) {
        if (usage == null) {
            return null;
        }
        Json.Obj in = inner(usage, "prompt_tokens_details");
        Json.Obj out = inner(usage, "completion_tokens_details");
        long prompt = Math.max(0, usage.number("prompt_tokens", 0));
        long read = in.number("cached_tokens", usage.number("prompt_cache_hit_tokens", 0));
        long written = in.number("cache_write_tokens", 0);
        return new Usage(
                Math.max(0, prompt - read - written),
                read,
                written,
                0,
                0,
                Math.max(0, usage.number("completion_tokens", 0)),
                out.number("reasoning_tokens", 0),
                in.number("audio_tokens", 0),
                out.number("audio_tokens", 0));
    }

    static Json.Obj encode(Usage usage) {
        Json.Obj in = new Json.Obj().put("cached_tokens", usage.cacheRead());
        if (usage.cacheWrite() > 0) {
            in.put("cache_write_tokens", usage.cacheWrite());
        }
        in.put("audio_tokens", usage.audioInput());
        Json.Obj out =
                new Json.Obj().put("reasoning_tokens", usage.reasoning()).put("audio_tokens", usage.audioOutput());
        return new Json.Obj()
                .put("prompt_tokens", usage.totalInput())
                .put("completion_tokens", usage.output())
                .put("total_tokens", usage.total())
                .put("prompt_tokens_details", in)
                .put("completion_tokens_details", out);
    }

    private static Json.Obj inner(Json.Obj usage, String name) {
        Json.Obj inner = usage.object(name);
        return inner == null ? new Json.Obj() : inner;
    }
}
