package io.llmproxy.convert.model;

import io.llmproxy.convert.json.Json;
import org.jspecify.annotations.Nullable;

/** What the answer must look like. */
public sealed interface OutputFormat {
    /** A JSON object, whatever its members. */
    enum AnyObject implements OutputFormat {
        /** The only one. */
        INSTANCE
    }

    /** JSON that obeys a schema. */
    record Schema(
            @Nullable String name,
            @Nullable String description,
            Json.Obj schema,
            @Nullable Boolean strict) implements OutputFormat {}
}
