package io.llmproxy.convert.messages;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.CacheHint;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is to be cached; Anthropic takes four marks. */
final class CacheMarks {
    private static final int MOST = 4;

    private final List<Json.Obj> marked = new ArrayList<>(0);

    Json.Obj mark(Json.Obj block, @Nullable CacheHint hint) {
        if (hint != null) {
            block.put("cache_control", new Json.Obj().put("type", "ephemeral").put("ttl", hint.ttl()));
            marked.add(block);
        }
        return block;
    }

    /** Takes the first marks away, if there are too many: the later ones cover them. */
    void keepLast() {
        for (int index = 0; index < marked.size() - MOST; index++) {
            marked.get(index).members().remove("cache_control");
        }
    }
}
