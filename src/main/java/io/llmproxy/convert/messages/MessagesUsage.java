package io.llmproxy.convert.messages;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Usage;
import org.jspecify.annotations.Nullable;

/** Usage as Messages tell it: input is what the cache has nothing to do with. */
final class MessagesUsage {
    private MessagesUsage() {}

    /** Reads usage; what it does not tell is taken from what was told before. */
    static @Nullable Usage decode(Json.@Nullable Obj usage, @Nullable Usage before) {
        if (usage == null) {
            return before;
        }
        Usage known = before == null ? Usage.ZERO : before;
        Json.Obj split = usage.object("cache_creation");
        long written = usage.number("cache_creation_input_tokens", known.cacheWrite());
        long hour = split == null ? known.cacheWrite1h() : split.number("ephemeral_1h_input_tokens", 0);
        Json.Obj details = usage.object("output_tokens_details");
        return new Usage(
                usage.number("input_tokens", known.input()),
                usage.number("cache_read_input_tokens", known.cacheRead()),
                Math.max(0, written - hour),
                Math.min(hour, written),
                0,
                usage.number("output_tokens", known.output()),
                details == null ? known.reasoning() : details.number("thinking_tokens", known.reasoning()),
                0,
                0);
    }

    static Json.Obj encode(Usage usage) {
        Json.Obj split = new Json.Obj()
                .put("ephemeral_5m_input_tokens", usage.cacheWrite5m())
                .put("ephemeral_1h_input_tokens", usage.cacheWrite1h());
        Json.Obj written = new Json.Obj()
                .put("input_tokens", usage.input() + usage.toolPrompt())
                .put("cache_creation_input_tokens", usage.cacheWrite())
                .put("cache_read_input_tokens", usage.cacheRead())
                .put("cache_creation", split)
                .put("output_tokens", usage.output());
        if (usage.reasoning() > 0) {
            written.put("output_tokens_details", new Json.Obj().put("thinking_tokens", usage.reasoning()));
        }
        return written;
    }
}
