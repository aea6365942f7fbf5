package io.llmproxy.convert.chat;

import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.DataUrl;
import io.llmproxy.convert.codec.Efforts;
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
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what a client of Chat Completions asks for. */
final class ChatRequestDecoder {
    private static final Set<String> KNOWN = Set.of(
            "model",
            "messages",
            "max_tokens",
            "max_completion_tokens",
            "temperature",
            "top_p",
            "stop",
            "seed",
            "n",
            "frequency_penalty",
            "presence_penalty",
            "logprobs",
            "top_logprobs",
            "reasoning_effort",
            "response_format",
            "verbosity",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "functions",
            "function_call",
            "user",
            "safety_identifier",
            "metadata",
            "prompt_cache_key",
            "service_tier",
            "stream",
            "stream_options",
            "modalities",
            "audio",
            "web_search_options");
    private static final Set<String> MESSAGE = Set.of(
            "role",
            "content",
            "name",
            "tool_calls",
            "tool_call_id",
            "refusal",
            "reasoning_content",
            "function_call",
            "audio",
            "annotations");
    private static final String THOUGHT_MARK = "__thought__";

    private static final Set<String> TOOL = Set.of("type", "function");
    private static final Set<String> FUNCTION = Set.of("name", "description", "parameters", "strict");
    private static final Set<String> CUSTOM = Set.of("name", "description", "format");
    private static final Set<String> PARTS = Set.of("text", "refusal", "image_url", "input_audio", "file");
    private static final Set<String> OF_PARTS =
            Set.of("url", "detail", "data", "format", "filename", "file_id", "file_data");

    private final Node body;
    private final Notes notes;
    private final List<Turn> turns = new ArrayList<>();
    private String lastFunctionId = "";

    ChatRequestDecoder(Node body, Notes notes) {
        this.body = body;
        this.notes = notes;
    }

    ChatRequest decode() {
        refuseSound();
        Node messages = body.get("messages");
        if (!messages.isArray()) {
            throw messages.mismatch("must be an array");
        }
        messages.items().forEach(this::message);
        boolean stream = body.get("stream").isTrue();
        Node options = body.get("stream_options");
        return new ChatRequest(
                body.get("model").textOr(""),
                turns,
                tools(),
                choice(),
                body.get("parallel_tool_calls").flagOrNull(),
                sampling(),
                thinking(),
                format(body.get("response_format")),
                new Audience(
                        body.get("user").textOrNull(),
                        body.get("safety_identifier").textOrNull(),
                        body.get("metadata").objectOrNull()),
                body.get("prompt_cache_key").textOrNull(),
                body.get("service_tier").textOrNull(),
                stream,
                stream && options.exists() && options.get("include_usage").isTrue(),
                false,
                Extras.of(body, KNOWN, Set.of()));
    }

    private void refuseSound() {
        for (Node modality : body.get("modalities").items()) {
            if (!modality.text().equals("text")) {
                throw ConversionException.unsupported("modalities", "only text is converted");
            }
        }
        if (body.get("audio").exists()) {
            throw ConversionException.unsupported("audio", "only text is converted");
        }
    }

    private Sampling sampling() {
        Long limit = body.get("max_completion_tokens").wholeOrNull();
        Node stop = body.get("stop");
        List<String> stops = new ArrayList<>();
        stop.itemsOrOne().forEach(one -> stops.add(one.text()));
        return new Sampling(
                limit != null ? limit : body.get("max_tokens").wholeOrNull(),
                body.get("temperature").numberOrNull(0, 2),
                body.get("top_p").numberOrNull(0, 1),
                null,
                stops,
                body.get("seed").numberOrNull(),
                body.get("n").wholeOrNull(),
                body.get("frequency_penalty").numberOrNull(-2, 2),
                body.get("presence_penalty").numberOrNull(-2, 2),
                body.get("logprobs").isTrue(),
                body.get("top_logprobs").wholeOrNull(),
                body.get("verbosity").textOrNull());
    }

    private Thinking thinking() {
        Node effort = body.get("reasoning_effort");
        return new Thinking(effort.exists() ? Efforts.level(effort.text(), effort) : null, null, null);
    }

    static @Nullable OutputFormat format(Node format) {
        if (!format.exists()) {
            return null;
        }
        return switch (format.get("type").text()) {
            case "text" -> null;
            case "json_object" -> OutputFormat.AnyObject.INSTANCE;
            case "json_schema" -> {
                Node schema = format.get("json_schema");
                Json.Obj root = schema.get("schema").objectOrNull();
                yield new OutputFormat.Schema(
                        schema.get("name").textOrNull(),
                        schema.get("description").textOrNull(),
                        root == null ? new Json.Obj().put("type", "object") : root,
                        schema.get("strict").flagOrNull());
            }
            default ->
                throw ConversionException.unsupported(
                        format.get("type").path(), "only text, json_object and json_schema are converted");
        };
    }

    private List<Tool> tools() {
        List<Tool> tools = new ArrayList<>();
        for (Node tool : body.get("tools").items()) {
            String type = tool.get("type").textOr("function");
            switch (type) {
                case "function" -> {
                    Extras.note(tool, TOOL, notes);
                    tools.add(function(tool.get("function"), tool));
                }
                case "custom" -> tools.add(custom(tool.get("custom"), tool));
                default -> tools.add(new Tool.Hosted(type, tool.object(), false, tool));
            }
        }
        for (Node function : body.get("functions").items()) {
            tools.add(function(function, function));
        }
        Node search = body.get("web_search_options");
        if (search.exists()) {
            tools.add(new Tool.Hosted("web_search_options", search.object(), true, search));
        }
        return tools;
    }

    private Tool function(Node function, Node at) {
        Extras.note(function, FUNCTION, notes);
        return new Tool.Function(
                null,
                function.get("name").text(),
                function.get("description").textOrNull(),
                function.get("parameters").objectOrNull(),
                function.get("strict").flagOrNull(),
                null,
                at);
    }

    private Tool custom(Node custom, Node at) {
        Extras.note(custom, CUSTOM, notes);
        return new Tool.Custom(
                null,
                custom.get("name").text(),
                custom.get("description").textOrNull(),
                custom.get("format").json(),
                at);
    }

    private @Nullable ToolChoice choice() {
        Node choice = body.get("tool_choice", "function_call");
        if (!choice.exists()) {
            return null;
        }
        if (choice.isText()) {
            return mode(choice.text(), choice);
        }
        if (choice.get("type").textOr("function").equals("allowed_tools")) {
            Node allowed = choice.get("allowed_tools");
            List<String> names = new ArrayList<>();
            for (Node tool : allowed.get("tools").items()) {
                names.add(named(tool).get("name").text());
            }
            return new ToolChoice.Allowed(allowed.get("mode").textOr("auto").equals("required"), names);
        }
        Node inner = named(choice);
        return new ToolChoice.Named(
                (inner.exists() ? inner : choice).get("name").text());
    }

    /** Returns the object that names the tool: it stands under its own type. */
    private static Node named(Node tool) {
        String type = tool.get("type").textOr("function");
        if (type.equals("function") || type.equals("custom")) {
            return tool.get(type);
        }
        if (tool.get("name").exists()) {
            // As other APIs say it, under a type of theirs.
            return tool.get("function");
        }
        throw tool.get("type").mismatch("must be function or custom");
    }

    static ToolChoice mode(String word, Node at) {
        return switch (word) {
            case "auto" -> ToolChoice.Mode.AUTO;
            case "none" -> ToolChoice.Mode.NONE;
            case "required", "any" -> ToolChoice.Mode.REQUIRED;
            default -> throw at.mismatch("must be auto, none, required, or an object");
        };
    }

    private void message(Node message) {
        Extras.note(message, MESSAGE, notes);
        String role = message.get("role").text();
        Node name = message.get("name");
        if (name.exists() && !role.equals("function")) {
            notes.dropped(name.path());
        }
        switch (role) {
            case "system" -> say(Role.SYSTEM, parts(message.get("content")), message);
            case "developer" -> say(Role.DEVELOPER, parts(message.get("content")), message);
            case "user" -> say(Role.USER, parts(message.get("content")), message);
            case "assistant" -> say(Role.ASSISTANT, assistant(message), message);
            case "tool" -> result(message, message.get("tool_call_id").text());
            case "function" -> result(message, lastFunctionId);
            default -> throw message.get("role").mismatch("must be system, developer, user, assistant or tool");
        }
    }

    private void say(Role role, List<Part> parts, Node message) {
        turns.add(new Turn(role, parts, null, message));
    }

    private void result(Node message, String id) {
        Part result = new Part.ToolResult(
                CallMark.strip(id), null, parts(message.get("content")), false, false, null, message);
        Turn last = turns.isEmpty() ? null : turns.get(turns.size() - 1);
        if (last != null && last.role() == Role.TOOL) {
            last.parts().add(result);
        } else {
            List<Part> results = new ArrayList<>();
            results.add(result);
            turns.add(new Turn(Role.TOOL, results, null, message));
        }
    }

    private List<Part> assistant(Node message) {
        List<Part> parts = new ArrayList<>();
        Node reasoning = message.get("reasoning_content");
        if (reasoning.exists() && !reasoning.text().isEmpty()) {
            parts.add(new Part.Reasoning(Part.Reasoning.Kind.RAW, List.of(reasoning.text()), null));
        }
        parts.addAll(parts(message.get("content")));
        Node refusal = message.get("refusal");
        if (refusal.exists() && !refusal.text().isEmpty()) {
            parts.add(new Part.Refusal(refusal.text()));
        }
        if (message.get("audio").exists()) {
            notes.dropped(message.get("audio").path());
        }
        for (Node call : message.get("tool_calls").items()) {
            parts.add(call(call));
        }
        Node function = message.get("function_call");
        if (function.exists()) {
            lastFunctionId = io.llmproxy.convert.codec.CallIds.ofHistory(
                    turns.size(),
                    0,
                    function.get("name").text(),
                    function.get("arguments").textOr(""));
            parts.add(new Part.ToolCall(
                    lastFunctionId,
                    function.get("name").text(),
                    null,
                    function.get("arguments").textOr(""),
                    false,
                    null,
                    function));
        }
        return parts;
    }

    private static Part call(Node call) {
        String id = call.get("id").text();
        if (call.get("type").textOr("function").equals("custom")) {
            Node custom = call.get("custom");
            return new Part.ToolCall(
                    id, custom.get("name").text(), null, custom.get("input").textOr(""), true, null, call);
        }
        Node function = call.get("function");
        String signature = signature(call);
        if (signature == null) {
            signature = CallMark.signature(id);
        }
        return new Part.ToolCall(
                CallMark.strip(id),
                function.get("name").text(),
                null,
                function.get("arguments").textOr(""),
                false,
                signature == null ? null : new Opaque("gemini", Opaque.Kind.CALL, signature),
                call);
    }

    /** Where Google's own chat endpoint puts it. */
    private static @Nullable String signature(Node call) {
        Json.Obj extra = call.object().object("extra_content");
        Json.Obj google = extra == null ? null : extra.object("google");
        return google == null ? null : google.string("thought_signature");
    }

    private List<Part> parts(Node content) {
        List<Part> parts = new ArrayList<>();
        if (content.isText()) {
            parts.add(new Part.Text(content.text()));
            return parts;
        }
        for (Node part : content.itemsOfContent()) {
            parts.add(part(part));
        }
        return parts;
    }

    private Part part(Node part) {
        String type = part.get("type").text();
        if (PARTS.contains(type)) {
            Extras.note(part, Set.of("type", type, "prompt_cache_breakpoint"), notes);
            Node inner = part.get(type);
            if (inner.isObject()) {
                Extras.note(inner, OF_PARTS, notes);
            }
        }
        return switch (type) {
            case "text" -> new Part.Text(part.get("text").text(), List.of(), hint(part), null);
            case "refusal" -> new Part.Refusal(part.get("refusal").text());
            case "image_url" -> {
                Node image = part.get("image_url");
                Node url = image.isText() ? image : image.get("url");
                yield new Part.Image(
                        DataUrl.parse(url.text(), url),
                        image.isText() ? null : image.get("detail").textOrNull(),
                        hint(part),
                        part);
            }
            case "input_audio" -> {
                Node audio = part.get("input_audio");
                String format = audio.get("format").textOr("wav");
                yield new Part.Audio(
                        new Source.Inline(
                                "audio/" + format,
                                DataUrl.clean(audio.get("data").text())),
                        part);
            }
            case "file" -> file(part.get("file"), part);
            default -> new Part.Foreign(type, part.object(), false, part);
        };
    }

    private Part file(Node file, Node part) {
        String filename = file.get("filename").textOrNull();
        Node id = file.get("file_id");
        Source source;
        if (id.exists()) {
            source = new Source.FileId(id.text());
        } else {
            Node data = file.get("file_data");
            String text = data.text();
            source = text.startsWith("data:")
                    ? DataUrl.parse(text, data)
                    : new Source.Inline(DataUrl.mediaTypeOfFile(filename == null ? "" : filename), DataUrl.clean(text));
        }
        return new Part.Document(source, null, null, filename, false, hint(part), part);
    }

    private static @Nullable CacheHint hint(Node part) {
        return part.get("prompt_cache_breakpoint").exists() ? new CacheHint(null) : null;
    }

    /** A gateway that puts signatures into the identifiers of calls; they are read, and never written. */
    private static final class CallMark {
        static String strip(String id) {
            int mark = id.indexOf(THOUGHT_MARK);
            return mark < 0 ? id : id.substring(0, mark);
        }

        static @Nullable String signature(String id) {
            int mark = id.indexOf(THOUGHT_MARK);
            return mark < 0 ? null : id.substring(mark + THOUGHT_MARK.length());
        }
    }
}
