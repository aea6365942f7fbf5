package io.llmproxy.convert.responses;

import io.llmproxy.convert.codec.Carriers;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.DataUrl;
import io.llmproxy.convert.codec.Envelope;
import io.llmproxy.convert.codec.Extras;
import io.llmproxy.convert.codec.Notes;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.CacheHint;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Source;
import io.llmproxy.convert.model.Turn;
import io.llmproxy.convert.model.Turn.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the items of Responses, one after the other, into turns. */
final class ResponsesItems {
    private static final Set<String> TEXT =
            Set.of("type", "text", "annotations", "logprobs", "prompt_cache_breakpoint");
    private static final Map<String, Set<String>> PARTS = Map.of(
            "input_text",
            TEXT,
            "output_text",
            TEXT,
            "input_image",
            Set.of("type", "image_url", "file_id", "detail", "prompt_cache_breakpoint"),
            "input_file",
            Set.of("type", "filename", "file_data", "file_url", "file_id", "prompt_cache_breakpoint"));
    private static final Set<String> OUTPUT = Set.of("type", "id", "call_id", "output", "status");
    private static final Map<String, Set<String>> ITEMS = Map.of(
            "message",
            Set.of("type", "id", "role", "content", "status"),
            "function_call",
            Set.of("type", "id", "call_id", "name", "namespace", "arguments", "status"),
            "custom_tool_call",
            Set.of("type", "id", "call_id", "name", "namespace", "input", "status"),
            "function_call_output",
            OUTPUT,
            "custom_tool_call_output",
            OUTPUT,
            "reasoning",
            Set.of("type", "id", "summary", "content", "encrypted_content", "status"));

    private final Notes notes;
    private final List<Turn> turns = new ArrayList<>();
    private final List<Node> tools = new ArrayList<>(0);

    ResponsesItems(Notes notes) {
        this.notes = notes;
    }

    List<Turn> turns() {
        return turns;
    }

    /** Returns the lists of tools that stand between the items. */
    List<Node> tools() {
        return tools;
    }

    void addAll(Node items) {
        items.items().forEach(this::item);
    }

    void say(Role role, Node content, Node at) {
        List<Part> parts = parts(content);
        if (role == Role.ASSISTANT) {
            parts.forEach(part -> join(Role.ASSISTANT, part, at));
        } else {
            turns.add(new Turn(role, parts, null, at));
        }
    }

    private void item(Node item) {
        String type = item.get("type").textOr("message");
        Set<String> members = ITEMS.get(type);
        if (members != null) {
            Extras.note(item, members, notes);
        }
        switch (type) {
            case "message" -> say(role(item.get("role")), item.get("content"), item);
            case "agent_message" -> say(Role.USER, item.get("content"), item);
            case "function_call" -> call(item, item.get("arguments").textOr(""), false);
            case "custom_tool_call" -> call(item, item.get("input").textOr(""), true);
            case "function_call_output" -> result(item, item.get("call_id").text(), false);
            case "custom_tool_call_output" -> result(item, item.get("call_id").text(), true);
            case "reasoning" -> join(Role.ASSISTANT, reasoning(item), item);
            case "local_shell_call", "shell_call", "apply_patch_call" -> action(item, type);
            case "local_shell_call_output", "shell_call_output", "apply_patch_call_output" ->
                result(item, item.get("call_id", "id").text(), false);
            case "additional_tools" -> tools.add(item.get("tools"));
            default -> other(item, type);
        }
    }

    private static Role role(Node role) {
        return switch (role.text()) {
            case "user" -> Role.USER;
            case "assistant" -> Role.ASSISTANT;
            case "system" -> Role.SYSTEM;
            case "developer" -> Role.DEVELOPER;
            default -> throw role.mismatch("must be user, assistant, system or developer");
        };
    }

    private void other(Node item, String type) {
        if (type.equals("item_reference")) {
            throw ConversionException.unsupported(item.path(), "the item is stored at OpenAI; send the item itself");
        }
        boolean history = type.endsWith("_call")
                || type.startsWith("mcp_list")
                || type.startsWith("tool_search")
                || type.startsWith("program");
        if (!history || type.equals("computer_call") || type.startsWith("mcp_approval")) {
            throw ConversionException.unsupported(item.path(), "the upstream's API has no equivalent");
        }
        notes.dropped(item.path());
    }

    private void call(Node item, String arguments, boolean custom) {
        join(
                Role.ASSISTANT,
                new Part.ToolCall(
                        item.get("call_id").text(),
                        item.get("name").text(),
                        item.get("namespace").textOrNull(),
                        arguments,
                        custom,
                        null,
                        item),
                item);
    }

    /** What the client runs for one of OpenAI's own tools is a call like any other. */
    private void action(Node item, String type) {
        Json action = item.get("action", "operation").json();
        Part call = new Part.ToolCall(
                item.get("call_id", "id").text(),
                type.substring(0, type.length() - "_call".length()),
                null,
                action == null ? "{}" : action.text(),
                false,
                null,
                item);
        notes.emulated(item.path());
        join(Role.ASSISTANT, call, item);
    }

    private void result(Node item, String callId, boolean custom) {
        Node output = item.get("output");
        List<Part> parts =
                output.isObject() ? List.of(new Part.Text(output.object().text())) : parts(output);
        join(Role.TOOL, new Part.ToolResult(callId, null, parts, false, custom, null, item), item);
    }

    private static Part reasoning(Node item) {
        List<String> texts = new ArrayList<>();
        item.get("summary").items().forEach(text -> texts.add(text.get("text").text()));
        Part.Reasoning.Kind kind = Part.Reasoning.Kind.SUMMARY;
        if (texts.isEmpty()) {
            kind = Part.Reasoning.Kind.RAW;
            item.get("content")
                    .items()
                    .forEach(text -> texts.add(text.get("text").text()));
        }
        String encrypted = item.get("encrypted_content").textOr("");
        Envelope envelope = Envelope.open(encrypted);
        if (envelope != null) {
            return Carriers.reasoning(envelope, String.join("", texts));
        }
        return new Part.Reasoning(
                kind, texts, encrypted.isEmpty() ? null : new Opaque("openai", Opaque.Kind.SIGNATURE, encrypted));
    }

    private void join(Role role, Part part, Node at) {
        Turn last = turns.isEmpty() ? null : turns.get(turns.size() - 1);
        if (last != null && last.role() == role) {
            last.parts().add(part);
        } else {
            List<Part> parts = new ArrayList<>();
            parts.add(part);
            turns.add(new Turn(role, parts, null, at));
        }
    }

    private List<Part> parts(Node content) {
        List<Part> parts = new ArrayList<>();
        if (content.isText()) {
            parts.add(new Part.Text(content.text()));
        } else {
            content.itemsOfContent().forEach(part -> parts.add(part(part)));
        }
        return parts;
    }

    private Part part(Node part) {
        String type = part.get("type").text();
        Set<String> members = PARTS.get(type);
        if (members != null) {
            Extras.note(part, members, notes);
        }
        return switch (type) {
            case "input_text", "output_text", "text" ->
                new Part.Text(part.get("text").text(), List.of(), hint(part), null);
            case "refusal" -> new Part.Refusal(part.get("refusal").text());
            case "input_image" -> {
                Node url = part.get("image_url");
                Source source = url.exists()
                        ? DataUrl.parse(url.text(), url)
                        : new Source.FileId(part.get("file_id").text());
                yield new Part.Image(source, part.get("detail").textOrNull(), hint(part), part);
            }
            case "input_file" ->
                new Part.Document(file(part), null, null, part.get("filename").textOrNull(), false, hint(part), part);
            default -> new Part.Foreign(type, part.object(), false, part);
        };
    }

    private static Source file(Node part) {
        Node url = part.get("file_url");
        if (url.exists()) {
            return new Source.Url(url.text(), null);
        }
        Node data = part.get("file_data");
        if (!data.exists()) {
            return new Source.FileId(part.get("file_id").text());
        }
        String text = data.text();
        return text.startsWith("data:")
                ? DataUrl.parse(text, data)
                : new Source.Inline(DataUrl.mediaTypeOfFile(part.get("filename").textOr("")), DataUrl.clean(text));
    }

    private static @Nullable CacheHint hint(Node part) {
        return part.get("prompt_cache_breakpoint").exists() ? new CacheHint(null) : null;
    }
}
