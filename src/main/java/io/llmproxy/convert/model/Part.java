package io.llmproxy.convert.model;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A piece of a turn or of an answer. Those that an upstream may not be able to take know their place in the request. */
public sealed interface Part {
    /**
     * Words.
     *
     * @param citations what they are taken from, as url citations of OpenAI; none for words that stand for themselves
     * @param cache whether the prompt up to here is to be cached
     * @param opaque what the model wants to see again with them
     */
    record Text(
            String text,
            List<Json> citations,
            @Nullable CacheHint cache,
            @Nullable Opaque opaque) implements Part {
        /** Makes plain words. */
        public Text(String text) {
            this(text, List.of(), null, null);
        }
    }

    /** Words by which the model refuses. */
    record Refusal(String text) implements Part {}

    /** A picture; detail is {@code low}, {@code high}, {@code auto} or not said. */
    record Image(
            Source source,
            @Nullable String detail,
            @Nullable CacheHint cache,
            Node at) implements Part {}

    /** A document. */
    record Document(
            Source source,
            @Nullable String title,
            @Nullable String context,
            @Nullable String filename,
            boolean citations,
            @Nullable CacheHint cache,
            Node at)
            implements Part {}

    /** A sound. */
    record Audio(Source source, Node at) implements Part {}

    /** A film. */
    record Video(Source source, Node at) implements Part {}

    /** What the model thought; without texts, there is an opaque. */
    record Reasoning(
            Kind kind, List<String> texts, @Nullable Opaque opaque) implements Part {
        /** How much of it is told. */
        public enum Kind {
            /** All. */
            RAW,
            /** A summary. */
            SUMMARY,
            /** Nothing. */
            REDACTED
        }

        /** Returns all texts as one. */
        public String text() {
            return String.join("", texts);
        }
    }

    /**
     * The model asks for a tool.
     *
     * @param id what its result is told by; empty if the dialect gave none
     * @param arguments the text of a JSON object; of a custom tool, whatever the model wrote
     */
    record ToolCall(
            String id,
            String name,
            @Nullable String namespace,
            String arguments,
            boolean custom,
            @Nullable Opaque opaque,
            Node at)
            implements Part {
        /** Returns this call with what its provider wants to see again. */
        public ToolCall with(Opaque other) {
            return new ToolCall(id, name, namespace, arguments, custom, other, at);
        }
    }

    /** What a tool gave. */
    record ToolResult(
            String callId,
            @Nullable String name,
            List<Part> parts,
            boolean error,
            boolean custom,
            @Nullable CacheHint cache,
            Node at)
            implements Part {}

    /**
     * What has no counterpart.
     *
     * @param type the name that its dialect has for it
     * @param raw as it was received
     * @param informative whether a conversation can go on without it
     */
    record Foreign(String type, Json raw, boolean informative, Node at) implements Part {}
}
