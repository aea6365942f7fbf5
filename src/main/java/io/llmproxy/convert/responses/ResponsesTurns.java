package io.llmproxy.convert.responses;

import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.CallIds;
import io.llmproxy.convert.codec.DataUrl;
import io.llmproxy.convert.codec.Hash;
import io.llmproxy.convert.codec.Results;
import io.llmproxy.convert.codec.Tools;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Dialect;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Source;
import io.llmproxy.convert.model.Turn;
import java.util.ArrayList;
import java.util.List;

/** Writes turns as items. */
final class ResponsesTurns {
    private static final int ID = 32;

    private final Attempt attempt;
    private final Json.Arr items = new Json.Arr();

    ResponsesTurns(Attempt attempt) {
        this.attempt = attempt;
    }

    Json.Arr written() {
        return items;
    }

    static String joined(Turn turn) {
        List<String> texts = new ArrayList<>();
        for (Part part : turn.parts()) {
            if (part instanceof Part.Text text) {
                texts.add(text.text());
            }
        }
        return String.join("\n\n", texts);
    }

    /** Returns an instruction as one text, which cannot carry cache marks. */
    String instruction(Turn turn) {
        dropMark(isMarked(turn.parts()));
        return joined(turn);
    }

    /** Returns whether an instruction has cache marks that the model takes: it must be an item then. */
    boolean keepsMarks(Turn turn) {
        return isMarked(turn.parts()) && attempt.capabilities().breakpoints();
    }

    private static boolean isMarked(List<Part> parts) {
        return parts.stream().anyMatch(part -> part instanceof Part.Text text && text.cache() != null);
    }

    void add(Turn turn) {
        switch (turn.role()) {
            case SYSTEM, DEVELOPER ->
                message(
                        "developer",
                        keepsMarks(turn)
                                ? content(turn.parts())
                                : new Json.Arr().add(text("input_text", instruction(turn))));
            case USER -> message("user", content(turn.parts()));
            case ASSISTANT -> assistant(turn);
            case TOOL -> turn.parts().forEach(this::result);
        }
    }

    private void message(String role, Json.Arr content) {
        if (content.isEmpty()) {
            return;
        }
        Json.Obj item = new Json.Obj().put("type", "message").put("role", role).put("content", content);
        if (role.equals("assistant")) {
            // OpenAI's types demand both; nothing is looked up by the name.
            item.put("id", "msg_" + Hash.hex(content.text(), ID)).put("status", "completed");
        }
        items.add(item);
    }

    private void assistant(Turn turn) {
        Json.Arr said = new Json.Arr();
        for (Part part : turn.parts()) {
            if (part instanceof Part.Text text) {
                if (!text.text().isEmpty()) {
                    said.add(text("output_text", text.text()).put("annotations", new Json.Arr()));
                }
            } else if (part instanceof Part.Refusal refusal) {
                said.add(new Json.Obj().put("type", "refusal").put("refusal", refusal.text()));
            } else {
                message("assistant", said);
                said = new Json.Arr();
                item(part);
            }
        }
        message("assistant", said);
    }

    private void item(Part part) {
        if (part instanceof Part.ToolCall call) {
            items.add(call(call));
        } else if (part instanceof Part.Reasoning reasoning) {
            reasoning(reasoning);
        } else {
            Tools.skipInHistory(part, attempt.notes());
        }
    }

    private Json.Obj call(Part.ToolCall call) {
        return new Json.Obj()
                .put("type", call.custom() ? "custom_tool_call" : "function_call")
                .put("call_id", CallIds.fit(call.id(), Dialect.RESPONSES))
                .put("name", attempt.names().up(call.namespace(), call.name()))
                .put(
                        call.custom() ? "input" : "arguments",
                        call.arguments().isEmpty() && !call.custom() ? "{}" : call.arguments());
    }

    private void reasoning(Part.Reasoning reasoning) {
        Opaque opaque = reasoning.opaque();
        if (opaque == null || !opaque.family().equals(attempt.family())) {
            attempt.notes().dropped("reasoning");
            return;
        }
        Json.Arr summary = new Json.Arr();
        reasoning.texts().forEach(text -> summary.add(text("summary_text", text)));
        items.add(new Json.Obj()
                .put("id", SealedItem.id(opaque.value()))
                .put("type", "reasoning")
                .put("summary", summary)
                .put("encrypted_content", SealedItem.content(opaque.value())));
    }

    private void result(Part part) {
        if (!(part instanceof Part.ToolResult result)) {
            return;
        }
        boolean plain = Results.media(result).isEmpty()
                && !(isMarked(result.parts()) && attempt.capabilities().breakpoints());
        Json output = plain ? new Json.Str(Results.text(result)) : content(Results.told(result));
        dropMark(result.cache() != null);
        if (result.error()) {
            attempt.notes().emulated(result.at().path() + ".is_error");
        }
        items.add(new Json.Obj()
                .put("type", result.custom() ? "custom_tool_call_output" : "function_call_output")
                .put("call_id", CallIds.fit(result.callId(), Dialect.RESPONSES))
                .put("output", output));
    }

    private Json.Arr content(List<Part> parts) {
        Json.Arr content = new Json.Arr();
        for (Part part : parts) {
            content.add(part(part));
        }
        return content;
    }

    private Json.Obj part(Part part) {
        if (part instanceof Part.Text text) {
            return breakpoint(text("input_text", text.text()), text.cache() != null);
        }
        if (part instanceof Part.Image image) {
            return breakpoint(
                    new Json.Obj()
                            .put("type", "input_image")
                            .put("detail", image.detail() == null ? "auto" : image.detail())
                            .put("image_url", url(image.source(), image.at().path())),
                    image.cache() != null);
        }
        if (part instanceof Part.Document document) {
            return document(document);
        }
        throw Tools.foreign(part, attempt.notes());
    }

    private Json.Obj document(Part.Document document) {
        if (document.context() != null) {
            attempt.notes().dropped(document.at().path() + ".context");
        }
        if (Results.isText(document)) {
            return text("input_text", Results.text(document));
        }
        if (document.citations()) {
            attempt.notes().lost(document.at().path() + ".citations", "citations are not supported");
        }
        Json.Obj file = new Json.Obj().put("type", "input_file");
        if (document.source() instanceof Source.Inline inline) {
            String name = document.filename() != null ? document.filename() : document.title();
            file.put("filename", name == null ? "document.pdf" : name).put("file_data", DataUrl.of(inline));
        } else {
            file.put("file_url", url(document.source(), document.at().path()));
        }
        return breakpoint(file, document.cache() != null);
    }

    private Json.Obj breakpoint(Json.Obj part, boolean marked) {
        if (marked && attempt.capabilities().breakpoints()) {
            part.put("prompt_cache_breakpoint", new Json.Obj().put("mode", "explicit"));
        } else {
            dropMark(marked);
        }
        return part;
    }

    private void dropMark(boolean marked) {
        if (marked) {
            attempt.notes().dropped("cache_control");
        }
    }

    private String url(Source source, String path) {
        if (source instanceof Source.Inline inline) {
            return DataUrl.of(inline);
        }
        if (source instanceof Source.Url url && url.url().startsWith("http")) {
            return url.url();
        }
        throw attempt.notes()
                .unsupported(path, "a file ID is valid only at the provider that issued it; send the data itself");
    }

    private static Json.Obj text(String type, String text) {
        return new Json.Obj().put("type", type).put("text", text);
    }
}
