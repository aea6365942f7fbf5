package io.llmproxy.convert.model;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import org.jspecify.annotations.Nullable;

/** What the model may ask for. */
public sealed interface Tool {
    /** Returns the name that the client gave it; the type of one that a provider runs. */
    String name();

    /** Returns where it stands in the request. */
    Node at();

    /**
     * Takes arguments that a schema describes.
     *
     * @param namespace the group of names that it belongs to
     * @param schema null if it takes none
     * @param strict whether arguments must obey the schema; null if not said
     */
    record Function(
            @Nullable String namespace,
            String name,
            @Nullable String description,
            Json.@Nullable Obj schema,
            @Nullable Boolean strict,
            @Nullable CacheHint cache,
            Node at)
            implements Tool {}

    /** Takes whatever the model writes. */
    record Custom(
            @Nullable String namespace,
            String name,
            @Nullable String description,
            @Nullable Json format,
            Node at) implements Tool {}

    /** The provider runs it. */
    record Hosted(String name, Json raw, boolean webSearch, Node at) implements Tool {}
}
