package io.llmproxy.convert.model;

import io.llmproxy.convert.json.Json;
import org.jspecify.annotations.Nullable;

/** The user that the answer is for. */
public record Audience(@Nullable String user, @Nullable String safetyId, Json.@Nullable Obj metadata) {
    /** Nothing was said. */
    public static final Audience UNSAID = new Audience(null, null, null);

    /** Returns the identifier that was given, by its newer name if both were. */
    public @Nullable String id() {
        return safetyId != null ? safetyId : user;
    }
}
