package io.llmproxy.convert.responses;

import io.llmproxy.convert.codec.Extras;
import io.llmproxy.convert.codec.Notes;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.Tool;
import io.llmproxy.convert.model.ToolChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the tools of Responses, which are flat, or in a namespace. */
final class ResponsesTools {
    private static final Set<String> MEMBERS = Set.of("type", "name", "description", "parameters", "strict", "format");

    private final List<Tool> tools = new ArrayList<>();
    private final Notes notes;

    ResponsesTools(Notes notes) {
        this.notes = notes;
    }

    List<Tool> tools() {
        return tools;
    }

    void addAll(Node array) {
        array.items().forEach(tool -> add(null, tool));
    }

    private void add(@Nullable String namespace, Node tool) {
        String type = tool.get("type").textOr("function");
        if (type.equals("function") || type.equals("custom")) {
            Extras.note(tool, MEMBERS, notes);
        }
        switch (type) {
            case "function" ->
                tools.add(new Tool.Function(
                        namespace,
                        tool.get("name").text(),
                        tool.get("description").textOrNull(),
                        tool.get("parameters").objectOrNull(),
                        tool.get("strict").flagOrNull(),
                        null,
                        tool));
            case "custom" ->
                tools.add(new Tool.Custom(
                        namespace,
                        tool.get("name").text(),
                        tool.get("description").textOrNull(),
                        tool.get("format").json(),
                        tool));
            case "namespace" -> {
                notes.emulated(tool.path());
                for (Node inner : tool.get("tools").items()) {
                    add(tool.get("name").text(), inner);
                }
            }
            default -> tools.add(new Tool.Hosted(type, tool.object(), type.startsWith("web_search"), tool));
        }
    }

    static @Nullable ToolChoice choice(Node choice) {
        if (!choice.exists()) {
            return null;
        }
        if (choice.isText()) {
            return switch (choice.text()) {
                case "auto" -> ToolChoice.Mode.AUTO;
                case "none" -> ToolChoice.Mode.NONE;
                case "required" -> ToolChoice.Mode.REQUIRED;
                default -> throw choice.mismatch("must be auto, none, required, or an object");
            };
        }
        String type = choice.get("type").text();
        if (type.equals("allowed_tools")) {
            List<String> names = new ArrayList<>();
            for (Node tool : choice.get("tools").items()) {
                names.add(tool.get("name").textOr(tool.get("type").textOr("")));
            }
            return new ToolChoice.Allowed(choice.get("mode").textOr("auto").equals("required"), names);
        }
        return new ToolChoice.Named(choice.get("name").textOr(type));
    }
}
