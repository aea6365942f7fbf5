package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Tool;
import io.llmproxy.convert.model.ToolChoice;
import io.llmproxy.convert.model.Turn;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which tools an upstream is told of, and what all dialects do alike with them. */
public final class Tools {
    private Tools() {}

    /**
     * Returns the tools that the upstream is told of. Custom ones become functions, but for Responses; hosted ones that
     * it does not have are left out or refused.
     */
    public static List<Tool> declared(ChatRequest request, Attempt attempt) {
        List<Tool> tools = new ArrayList<>();
        for (Tool tool : request.tools()) {
            if (tool instanceof Tool.Custom custom && attempt.target() != Dialect.RESPONSES) {
                tools.add(function(custom));
                attempt.notes().emulated(tool.at().path());
            } else if (!(tool instanceof Tool.Hosted hosted) || keeps(hosted, attempt)) {
                tools.add(tool);
            }
        }
        if (tools.isEmpty() && attempt.target() != Dialect.CHAT && attempt.target() != Dialect.RESPONSES) {
            tools.addAll(called(request));
        }
        return tools;
    }

    /** Returns whether the tools were made up for the history's sake: none of the client's is left. */
    public static boolean areMadeUp(ChatRequest request, Attempt attempt) {
        return request.tools().stream().allMatch(tool -> tool instanceof Tool.Hosted hosted && !has(hosted, attempt));
    }

    private static boolean has(Tool.Hosted hosted, Attempt attempt) {
        return hosted.webSearch() && attempt.capabilities().webSearch();
    }

    /** Returns the client's choice as far as there is one of what is left. */
    public static @Nullable ToolChoice choice(ChatRequest request, Attempt attempt) {
        ToolChoice choice = request.choice();
        if (choice instanceof ToolChoice.Named named
                && request.tools().stream()
                        .anyMatch(tool ->
                                tool instanceof Tool.Hosted && tool.name().equals(named.name()))) {
            throw attempt.notes().unsupported("tool_choice", "this tool runs only at the provider that offers it");
        }
        return choice;
    }

    /** Returns the schema of a function, which is an open object if there is none. */
    public static Json.Obj schema(Json.@Nullable Obj schema) {
        return schema != null ? schema : new Json.Obj().put("type", "object").put("properties", new Json.Obj());
    }

    /** Returns the upstream's name for a tool that the client chose by name. */
    public static String up(String name, ChatRequest request, Attempt attempt) {
        for (Tool tool : request.tools()) {
            if (tool instanceof Tool.Function function && function.name().equals(name)) {
                return attempt.names().up(function.namespace(), name);
            }
            if (tool instanceof Tool.Custom custom && custom.name().equals(name)) {
                return attempt.names().up(custom.namespace(), name);
            }
        }
        return attempt.names().up(null, name);
    }

    /** Returns OpenAI's word for a choice without a name. */
    public static String openaiWord(ToolChoice.Mode mode) {
        return switch (mode) {
            case AUTO -> "auto";
            case NONE -> "none";
            case REQUIRED -> "required";
        };
    }

    /**
     * Leaves out a part of the assistant's history that the conversation can go on without.
     *
     * @throws ConversionException if it cannot
     */
    public static void skipInHistory(Part part, Notes notes) {
        if (part instanceof Part.Foreign foreign && foreign.informative()) {
            notes.dropped(foreign.at().path());
        } else {
            throw foreign(part, notes);
        }
    }

    /** Returns the error that a part has no counterpart. */
    public static ConversionException foreign(Part part, Notes notes) {
        if (part instanceof Part.Foreign foreign) {
            return notes.unsupported(foreign.at().path(), "the upstream's API has no equivalent");
        }
        if (part instanceof Part.Audio audio) {
            return notes.unsupported(audio.at().path(), "the upstream does not accept audio");
        }
        if (part instanceof Part.Video video) {
            return notes.unsupported(video.at().path(), "the upstream does not accept video");
        }
        if (part instanceof Part.Image image) {
            return notes.unsupported(image.at().path(), "an image is not allowed here");
        }
        if (part instanceof Part.Document document) {
            return notes.unsupported(document.at().path(), "a document is not allowed here");
        }
        return notes.unsupported("messages", "this content is not allowed here");
    }

    /**
     * Returns the object that a call's arguments are.
     *
     * @throws ConversionException if they are none
     */
    public static Json.Obj arguments(Part.ToolCall call) {
        if (call.custom()) {
            return new Json.Obj().put("input", call.arguments());
        }
        if (call.arguments().isBlank()) {
            return new Json.Obj();
        }
        Json.Obj arguments = io.llmproxy.convert.json.JsonReader.object(call.arguments());
        if (arguments == null) {
            String path = call.at().path();
            throw ConversionException.invalid(path, "the arguments of " + path + " must be a JSON object");
        }
        return arguments;
    }

    private static boolean keeps(Tool.Hosted hosted, Attempt attempt) {
        if (has(hosted, attempt)) {
            attempt.notes().emulated(hosted.at().path());
            return true;
        }
        if (!attempt.policy().dropHosted()) {
            throw attempt.notes().unsupported(hosted.at().path(), "this tool runs only at the provider that offers it");
        }
        attempt.notes().lost(hosted.at().path(), "this tool runs only at the provider that offers it");
        return false;
    }

    private static Tool function(Tool.Custom custom) {
        String format = custom.format() == null ? "" : custom.format().text();
        Json.Obj input = new Json.Obj().put("type", "string");
        if (!format.isEmpty() && !format.equals("{\"type\":\"text\"}")) {
            input.put("description", "Must be in this format: " + format);
        }
        Json.Obj schema = new Json.Obj()
                .put("type", "object")
                .put("properties", new Json.Obj().put("input", input))
                .put("required", new Json.Arr().add("input"));
        return new Tool.Function(
                custom.namespace(), custom.name(), custom.description(), schema, null, null, custom.at());
    }

    /** Some upstreams demand that what the history calls is declared. */
    private static List<Tool> called(ChatRequest request) {
        Map<String, Tool> called = new LinkedHashMap<>();
        for (Turn turn : request.turns()) {
            for (Part part : turn.parts()) {
                if (part instanceof Part.ToolCall call) {
                    called.putIfAbsent(
                            call.namespace() + "/" + call.name(),
                            new Tool.Function(call.namespace(), call.name(), null, null, null, null, call.at()));
                }
            }
        }
        return new ArrayList<>(called.values());
    }
}
