package io.llmproxy.convert.gemini;

import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Efforts;
import io.llmproxy.convert.codec.Extras;
import io.llmproxy.convert.codec.GeminiSchemas;
import io.llmproxy.convert.codec.Notes;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.Audience;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.OutputFormat;
import io.llmproxy.convert.model.Sampling;
import io.llmproxy.convert.model.Thinking;
import io.llmproxy.convert.model.Tool;
import io.llmproxy.convert.model.ToolChoice;
import io.llmproxy.convert.model.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what a client of generateContent asks for; its names come in two spellings. */
final class GeminiRequestDecoder {
    private static final Set<String> KNOWN = Set.of(
            "model",
            "contents",
            "systemInstruction",
            "system_instruction",
            "tools",
            "toolConfig",
            "tool_config",
            "generationConfig",
            "generation_config",
            "cachedContent",
            "cached_content",
            "serviceTier",
            "service_tier");
    private static final Set<String> SETTINGS = Set.of(
            "responseModalities",
            "response_modalities",
            "stopSequences",
            "stop_sequences",
            "maxOutputTokens",
            "max_output_tokens",
            "temperature",
            "topP",
            "top_p",
            "topK",
            "top_k",
            "seed",
            "candidateCount",
            "candidate_count",
            "frequencyPenalty",
            "frequency_penalty",
            "presencePenalty",
            "presence_penalty",
            "responseLogprobs",
            "response_logprobs",
            "logprobs",
            "thinkingConfig",
            "thinking_config",
            "responseMimeType",
            "response_mime_type",
            "responseSchema",
            "response_schema",
            "responseJsonSchema",
            "response_json_schema");

    private static final Set<String> FUNCTION =
            Set.of("name", "description", "parameters", "parametersJsonSchema", "parameters_json_schema");

    private final Node body;
    private final Notes notes;

    GeminiRequestDecoder(Node body, Notes notes) {
        this.body = body;
        this.notes = notes;
    }

    ChatRequest decode(String model, boolean stream) {
        Node cached = body.get("cachedContent", "cached_content");
        if (cached.exists()) {
            throw ConversionException.unsupported("cachedContent", "this refers to data stored at Google");
        }
        Node contents = body.get("contents");
        if (!contents.exists()) {
            throw contents.mismatch("must be an array");
        }
        Node config = body.get("generationConfig", "generation_config");
        Node settings = config.exists() ? config : Node.of(new Json.Obj());
        List<Turn> turns =
                new GeminiContents(notes).read(body.get("systemInstruction", "system_instruction"), contents);
        return new ChatRequest(
                model,
                turns,
                tools(),
                choice(),
                null,
                sampling(settings),
                thinking(settings.get("thinkingConfig", "thinking_config")),
                format(settings),
                Audience.UNSAID,
                null,
                body.get("serviceTier", "service_tier").textOrNull(),
                stream,
                stream,
                true,
                Extras.of(body, KNOWN, Set.of()));
    }

    private Sampling sampling(Node settings) {
        for (Node modality :
                settings.get("responseModalities", "response_modalities").items()) {
            if (!modality.text().equalsIgnoreCase("TEXT")) {
                throw ConversionException.unsupported(modality.path(), "only text is converted");
            }
        }
        Extras.note(settings, SETTINGS, notes);
        List<String> stops = new ArrayList<>();
        settings.get("stopSequences", "stop_sequences").items().forEach(stop -> stops.add(stop.text()));
        return new Sampling(
                settings.get("maxOutputTokens", "max_output_tokens").wholeOrNull(),
                settings.get("temperature").numberOrNull(0, 2),
                settings.get("topP", "top_p").numberOrNull(0, 1),
                settings.get("topK", "top_k").numberOrNull(),
                stops,
                settings.get("seed").numberOrNull(),
                settings.get("candidateCount", "candidate_count").wholeOrNull(),
                settings.get("frequencyPenalty", "frequency_penalty").numberOrNull(-2, 2),
                settings.get("presencePenalty", "presence_penalty").numberOrNull(-2, 2),
                settings.get("responseLogprobs", "response_logprobs").isTrue(),
                settings.get("logprobs").wholeOrNull(),
                null);
    }

    private static Thinking thinking(Node config) {
        if (!config.exists()) {
            return new Thinking(null, null, null);
        }
        Node level = config.get("thinkingLevel", "thinking_level");
        boolean said = level.exists() && !level.text().endsWith("UNSPECIFIED");
        return new Thinking(
                said ? Efforts.level(level.text(), level) : null,
                config.get("thinkingBudget", "thinking_budget").wholeOrNull(),
                config.get("includeThoughts", "include_thoughts").isTrue());
    }

    private static @Nullable OutputFormat format(Node settings) {
        Node type = settings.get("responseMimeType", "response_mime_type");
        Node own = settings.get("responseSchema", "response_schema");
        Node plain = settings.get("responseJsonSchema", "response_json_schema");
        if (own.exists()) {
            return schema(GeminiSchemas.toJsonSchema(own.object()));
        }
        if (plain.exists()) {
            return schema(plain.object());
        }
        return switch (type.textOr("text/plain")) {
            case "text/plain" -> null;
            case "application/json" -> OutputFormat.AnyObject.INSTANCE;
            default -> throw ConversionException.unsupported(type.path(), "only text and JSON are converted");
        };
    }

    private static OutputFormat schema(Json.Obj schema) {
        return new OutputFormat.Schema("response", null, schema, null);
    }

    private List<Tool> tools() {
        List<Tool> tools = new ArrayList<>();
        for (Node tool : body.get("tools").itemsOrOne()) {
            Node functions = tool.get("functionDeclarations", "function_declarations");
            functions.items().forEach(function -> tools.add(function(function)));
            for (Map.Entry<String, Json> other : tool.others(Set.of("functionDeclarations", "function_declarations"))) {
                String name = other.getKey();
                boolean search = name.equals("googleSearch") || name.equals("google_search");
                tools.add(new Tool.Hosted(name, tool.object(), search, tool));
            }
        }
        return tools;
    }

    private Tool function(Node function) {
        Extras.note(function, FUNCTION, notes);
        Node own = function.get("parameters");
        Node plain = function.get("parametersJsonSchema", "parameters_json_schema");
        Json.Obj schema = own.exists() ? GeminiSchemas.toJsonSchema(own.object()) : plain.objectOrNull();
        return new Tool.Function(
                null,
                function.get("name").text(),
                function.get("description").textOrNull(),
                schema,
                null,
                null,
                function);
    }

    private @Nullable ToolChoice choice() {
        Node config = body.get("toolConfig", "tool_config");
        Node calling = config.exists() ? config.get("functionCallingConfig", "function_calling_config") : config;
        if (!calling.exists()) {
            return null;
        }
        List<String> names = new ArrayList<>();
        calling.get("allowedFunctionNames", "allowed_function_names").items().forEach(name -> names.add(name.text()));
        return switch (calling.get("mode").textOr("AUTO").toUpperCase(java.util.Locale.ROOT)) {
            case "NONE" -> ToolChoice.Mode.NONE;
            case "ANY" -> any(names);
            case "VALIDATED" -> {
                notes.emulated(calling.path() + ".mode");
                yield names.isEmpty() ? ToolChoice.Mode.AUTO : new ToolChoice.Allowed(false, names);
            }
            default -> ToolChoice.Mode.AUTO;
        };
    }

    private static ToolChoice any(List<String> names) {
        return names.isEmpty()
                ? ToolChoice.Mode.REQUIRED
                : names.size() == 1 ? new ToolChoice.Named(names.get(0)) : new ToolChoice.Allowed(true, names);
    }
}
