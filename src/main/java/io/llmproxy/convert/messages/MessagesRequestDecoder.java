package io.llmproxy.convert.messages;

import io.llmproxy.convert.codec.Carriers;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Efforts;
import io.llmproxy.convert.codec.Envelope;
import io.llmproxy.convert.codec.Extras;
import io.llmproxy.convert.codec.Notes;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.Audience;
import io.llmproxy.convert.model.CacheHint;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.OutputFormat;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Sampling;
import io.llmproxy.convert.model.Source;
import io.llmproxy.convert.model.Thinking;
import io.llmproxy.convert.model.Tool;
import io.llmproxy.convert.model.ToolChoice;
import io.llmproxy.convert.model.Turn;
import io.llmproxy.convert.model.Turn.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what a client of Messages asks for. */
final class MessagesRequestDecoder {
    private static final Set<String> KNOWN = Set.of(
            "model",
            "max_tokens",
            "messages",
            "system",
            "temperature",
            "top_p",
            "top_k",
            "stop_sequences",
            "stream",
            "tools",
            "tool_choice",
            "thinking",
            "output_config",
            "output_format",
            "metadata",
            "service_tier",
            "mcp_servers",
            "container",
            "anthropic_version");
    private static final Set<String> MESSAGE = Set.of("role", "content");
    private static final String BILLING = "x-anthropic-billing-header:";

    private static final Set<String> TOOL =
            Set.of("type", "name", "description", "input_schema", "strict", "cache_control");
    private static final Map<String, Set<String>> BLOCKS = Map.of(
            "text", Set.of("type", "text", "cache_control"),
            "image", Set.of("type", "source", "cache_control"),
            "document", Set.of("type", "source", "title", "context", "citations", "cache_control"),
            "tool_use", Set.of("type", "id", "name", "input", "caller", "cache_control"),
            "tool_result", Set.of("type", "tool_use_id", "content", "is_error", "cache_control"));

    private final Node body;
    private final Notes notes;
    private final List<Turn> turns = new ArrayList<>();

    MessagesRequestDecoder(Node body, Notes notes) {
        this.body = body;
        this.notes = notes;
    }

    ChatRequest decode(String model, boolean streams) {
        refuseState("mcp_servers");
        refuseState("container");
        system();
        Node messages = body.get("messages");
        if (!messages.isArray()) {
            throw messages.mismatch("must be an array");
        }
        messages.items().forEach(this::message);
        boolean stream = streams || body.get("stream").isTrue();
        Node metadata = body.get("metadata");
        return new ChatRequest(
                body.get("model").textOr(model),
                turns,
                tools(),
                choice(),
                parallel(),
                sampling(),
                thinking(),
                format(),
                new Audience(null, metadata.exists() ? metadata.get("user_id").textOrNull() : null, null),
                null,
                body.get("service_tier").textOrNull(),
                stream,
                stream,
                true,
                Extras.of(body, KNOWN, Set.of()));
    }

    private void refuseState(String name) {
        Node state = body.get(name);
        if (state.exists() && !(state.isArray() && state.items().isEmpty())) {
            throw ConversionException.unsupported(name, "this refers to data stored at Anthropic");
        }
    }

    private void system() {
        Node system = body.get("system");
        List<Part> parts = new ArrayList<>();
        if (system.isText()) {
            parts.add(new Part.Text(system.text()));
        } else {
            for (Node block : system.items()) {
                String text = block.get("text").text();
                // Claude Code's bookkeeping changes with each request, and would spoil other providers' caches.
                if (!text.startsWith(BILLING)) {
                    parts.add(new Part.Text(text, List.of(), hint(block), null));
                }
            }
        }
        if (!parts.isEmpty()) {
            turns.add(new Turn(Role.SYSTEM, parts, null, system));
        }
    }

    private Sampling sampling() {
        List<String> stops = new ArrayList<>();
        body.get("stop_sequences").items().forEach(stop -> stops.add(stop.text()));
        return new Sampling(
                body.get("max_tokens").wholeOrNull(),
                body.get("temperature").numberOrNull(0, 1),
                body.get("top_p").numberOrNull(0, 1),
                body.get("top_k").numberOrNull(),
                stops,
                null,
                null,
                null,
                null,
                false,
                null,
                null);
    }

    private Thinking thinking() {
        Node thinking = body.get("thinking");
        Node output = body.get("output_config");
        Node effort = output.exists() ? output.get("effort") : output;
        Thinking.Level level = effort.exists() ? Efforts.level(effort.text(), effort) : null;
        if (!thinking.exists()) {
            return new Thinking(level, null, null);
        }
        Node display = thinking.get("display");
        Boolean show = display.exists() ? !display.text().equals("omitted") : true;
        return switch (thinking.get("type").text()) {
            case "disabled" -> new Thinking(Thinking.Level.NONE, null, show);
            case "adaptive" -> new Thinking(level == null ? Thinking.Level.HIGH : level, null, show);
            case "enabled" ->
                new Thinking(
                        level, level == null ? thinking.get("budget_tokens").wholeOrNull() : null, show);
            default -> throw thinking.get("type").mismatch("must be enabled, adaptive or disabled");
        };
    }

    private @Nullable OutputFormat format() {
        Node output = body.get("output_config");
        Node format =
                output.exists() && output.get("format").exists() ? output.get("format") : body.get("output_format");
        if (!format.exists()) {
            return null;
        }
        Node schema = format.get("schema");
        return new OutputFormat.Schema("response", null, schema.object(), null);
    }

    private List<Tool> tools() {
        List<Tool> tools = new ArrayList<>();
        for (Node tool : body.get("tools").items()) {
            String type = tool.get("type").textOr("custom");
            if (type.equals("custom")) {
                Extras.note(tool, TOOL, notes);
                tools.add(new Tool.Function(
                        null,
                        tool.get("name").text(),
                        tool.get("description").textOrNull(),
                        tool.get("input_schema").objectOrNull(),
                        tool.get("strict").flagOrNull(),
                        hint(tool),
                        tool));
            } else {
                tools.add(new Tool.Hosted(
                        tool.get("name").textOr(type), tool.object(), type.startsWith("web_search_"), tool));
            }
        }
        return tools;
    }

    private @Nullable ToolChoice choice() {
        Node choice = body.get("tool_choice");
        if (!choice.exists()) {
            return null;
        }
        return switch (choice.get("type").text()) {
            case "auto" -> ToolChoice.Mode.AUTO;
            case "any" -> ToolChoice.Mode.REQUIRED;
            case "none" -> ToolChoice.Mode.NONE;
            case "tool" -> new ToolChoice.Named(choice.get("name").text());
            default -> throw choice.get("type").mismatch("must be auto, any, tool or none");
        };
    }

    private @Nullable Boolean parallel() {
        Node choice = body.get("tool_choice");
        Boolean disabled =
                choice.exists() ? choice.get("disable_parallel_tool_use").flagOrNull() : null;
        return disabled == null ? null : !disabled;
    }

    private void message(Node message) {
        Extras.note(message, MESSAGE, notes);
        Node content = message.get("content");
        switch (message.get("role").text()) {
            case "user" -> user(message, content);
            case "assistant" -> turns.add(new Turn(Role.ASSISTANT, assistant(content), null, message));
            case "system" -> turns.add(new Turn(Role.SYSTEM, instruction(content), null, message));
            default -> throw message.get("role").mismatch("must be user, assistant or system");
        }
    }

    private static List<Part> instruction(Node content) {
        List<Part> parts = new ArrayList<>();
        if (content.isText()) {
            parts.add(new Part.Text(content.text()));
        }
        for (Node block : content.isText() ? List.<Node>of() : content.itemsOfContent()) {
            Node inner = block.get("content");
            if (inner.exists()) {
                parts.addAll(instruction(inner));
            } else {
                parts.add(new Part.Text(block.get("text").text(), List.of(), hint(block), null));
            }
        }
        return parts;
    }

    /** The results that stand in a user's message are the tools' turn, before what the user says. */
    private void user(Node message, Node content) {
        List<Part> results = new ArrayList<>();
        List<Part> said = new ArrayList<>();
        for (Part part : blocks(content)) {
            (part instanceof Part.ToolResult ? results : said).add(part);
        }
        if (!results.isEmpty()) {
            turns.add(new Turn(Role.TOOL, results, null, message));
        }
        if (!said.isEmpty() || results.isEmpty()) {
            turns.add(new Turn(Role.USER, said, null, message));
        }
    }

    private List<Part> assistant(Node content) {
        return Carriers.unload(blocks(content));
    }

    private List<Part> blocks(Node content) {
        List<Part> parts = new ArrayList<>();
        if (content.isText()) {
            parts.add(new Part.Text(content.text()));
        } else {
            content.itemsOfContent().forEach(block -> parts.add(block(block)));
        }
        return parts;
    }

    private Part block(Node block) {
        String type = block.get("type").text();
        Set<String> members = BLOCKS.get(type);
        if (members != null) {
            Extras.note(block, members, notes);
        }
        return switch (type) {
            case "text" -> new Part.Text(block.get("text").text(), List.of(), hint(block), null);
            case "image" -> new Part.Image(source(block.get("source")), null, hint(block), block);
            case "document" -> document(block);
            case "tool_use" ->
                new Part.ToolCall(
                        block.get("id").text(),
                        block.get("name").text(),
                        null,
                        block.get("input").exists()
                                ? block.get("input").object().text()
                                : "{}",
                        false,
                        null,
                        block);
            case "tool_result" ->
                new Part.ToolResult(
                        block.get("tool_use_id").text(),
                        null,
                        blocks(block.get("content")),
                        block.get("is_error").isTrue(),
                        false,
                        hint(block),
                        block);
            case "thinking" -> thought(block);
            case "redacted_thinking" -> redacted(block.get("data").text());
            case "search_result" -> searchResult(block);
            case "tool_reference" -> new Part.Text(block.get("tool_name").textOr(""));
            default -> new Part.Foreign(type, block.object(), isInformative(type), block);
        };
    }

    private static boolean isInformative(String type) {
        return type.equals("server_tool_use") || type.endsWith("_tool_result") || type.equals("mcp_tool_use");
    }

    private static Part thought(Node block) {
        String text = block.get("thinking").textOr("");
        String signature = block.get("signature").textOr("");
        Envelope envelope = Envelope.open(signature);
        if (envelope != null) {
            return Carriers.reasoning(envelope, text);
        }
        return new Part.Reasoning(
                Part.Reasoning.Kind.RAW,
                text.isEmpty() ? List.of() : List.of(text),
                signature.isEmpty() ? null : new Opaque("anthropic", Opaque.Kind.SIGNATURE, signature));
    }

    private static Part redacted(String data) {
        Envelope envelope = Envelope.open(data);
        Opaque opaque = envelope == null ? new Opaque("anthropic", Opaque.Kind.REDACTED, data) : envelope.opaque();
        return new Part.Reasoning(Part.Reasoning.Kind.REDACTED, List.of(), opaque);
    }

    private Part searchResult(Node block) {
        notes.emulated(block.path());
        StringBuilder text = new StringBuilder(block.get("title").textOr(""));
        text.append('\n').append(block.get("source").textOr(""));
        for (Part part : blocks(block.get("content"))) {
            text.append('\n').append(part instanceof Part.Text words ? words.text() : "");
        }
        return new Part.Text(text.toString());
    }

    private Part document(Node block) {
        Node citations = block.get("citations");
        return new Part.Document(
                source(block.get("source")),
                block.get("title").textOrNull(),
                block.get("context").textOrNull(),
                null,
                citations.exists() && citations.get("enabled").isTrue(),
                hint(block),
                block);
    }

    private Source source(Node source) {
        return switch (source.get("type").text()) {
            case "base64" ->
                new Source.Inline(
                        source.get("media_type").text(), source.get("data").text());
            case "url" -> new Source.Url(source.get("url").text(), null);
            case "file" -> new Source.FileId(source.get("file_id").text());
            case "text" -> new Source.PlainText(source.get("data").text());
            case "content" -> {
                StringBuilder text = new StringBuilder();
                for (Part part : blocks(source.get("content"))) {
                    if (!(part instanceof Part.Text words)) {
                        throw source.get("content").mismatch("must be text, as other blocks have no counterpart");
                    }
                    text.append(text.isEmpty() ? "" : "\n").append(words.text());
                }
                yield new Source.PlainText(text.toString());
            }
            default -> throw source.get("type").mismatch("must be base64, url, file, text or content");
        };
    }

    private static @Nullable CacheHint hint(Node block) {
        Json.Obj control = block.object().object("cache_control");
        return control == null ? null : new CacheHint(control.string("ttl"));
    }
}
