package io.llmproxy.protocol;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an event may say that tells a client nothing but that its answer has begun. All else counts as content, so that
 * what an API will say one day is never held back.
 */
final class LifecycleRules {
    private static final LifecycleRules CHAT = new LifecycleRules(
            "",
            "id",
            "object",
            "created",
            "model",
            "provider",
            "service_tier",
            "system_fingerprint",
            "obfuscation",
            "prompt_filter_results*",
            "choices[].index",
            "choices[].content_filter_results*",
            "choices[].delta.role");
    private static final LifecycleRules MESSAGES = new LifecycleRules(
            "type",
            "type=message_start",
            "type=ping",
            "type=content_block_start",
            "index",
            "message.id",
            "message.type",
            "message.role",
            "message.model",
            "message.usage.*",
            "content_block.type=text",
            "content_block.type=thinking");
    private static final LifecycleRules RESPONSES = new LifecycleRules(
            "type",
            "type=response.created",
            "type=response.queued",
            "type=response.in_progress",
            "type=response.output_item.added",
            "type=response.content_part.added",
            "type=response.reasoning_summary_part.added",
            "sequence_number",
            "output_index",
            "content_index",
            "summary_index",
            "item_id",
            "item.id",
            "item.type=message",
            "item.type=reasoning",
            "item.role",
            "item.status",
            "item.phase",
            "part.type=output_text",
            "part.type=reasoning_text",
            "part.type=summary_text",
            "response.*",
            "!response.error",
            "!response.incomplete_details",
            "!response.output",
            "!response.usage");
    private static final LifecycleRules GEMINI = new LifecycleRules(
            "",
            "createTime",
            "modelVersion",
            "responseId",
            "usageMetadata.*",
            "candidates[].index",
            "candidates[].safetyRatings*",
            "candidates[].content.role",
            "candidates[].content.parts[].thought");

    /** The path without which nothing is known of an event; empty if any will do. */
    private final String needed;

    private final Set<String> exact = new HashSet<>();
    private final List<String> prefixes = new ArrayList<>();
    private final List<String> excluded = new ArrayList<>();

    /**
     * Makes rules.
     *
     * @param paths a path, a path with the value that it must have behind {@code =}, the beginning of paths before
     *     {@code *}, or behind {@code !} the beginning of paths that are excepted from it
     */
    private LifecycleRules(String needed, String... paths) {
        this.needed = needed;
        for (String path : paths) {
            if (path.startsWith("!")) {
                excluded.add(path.substring(1));
            } else if (path.endsWith("*")) {
                prefixes.add(path.substring(0, path.length() - 1));
            } else {
                exact.add(path);
            }
        }
    }

    /** Returns null for an API whose answers begin in an unknown way. */
    static @Nullable LifecycleRules of(StreamApi api) {
        return switch (api) {
            case CHAT, COMPLETIONS -> CHAT;
            case MESSAGES -> MESSAGES;
            case RESPONSES -> RESPONSES;
            case GEMINI -> GEMINI;
            case COHERE, LINES -> null;
        };
    }

    /** Whether a leaf of that path is enough to know an event by. */
    boolean identifies(String path) {
        return needed.isEmpty() || path.equals(needed);
    }

    boolean allow(String path, String value) {
        return exact.contains(path)
                || (prefixes.stream().anyMatch(path::startsWith)
                        && excluded.stream().noneMatch(path::startsWith))
                || exact.contains(path + "=" + value);
    }
}
