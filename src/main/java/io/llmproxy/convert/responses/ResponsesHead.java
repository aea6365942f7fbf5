package io.llmproxy.convert.responses;

import io.llmproxy.convert.codec.Answering;
import io.llmproxy.convert.codec.Efforts;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.OutputFormat;
import io.llmproxy.convert.model.Thinking;
import io.llmproxy.convert.model.Tool;
import io.llmproxy.convert.model.ToolChoice;
import io.llmproxy.convert.model.Turn;
import org.jspecify.annotations.Nullable;

/** What each response repeats of its request; clients demand some of it. */
final class ResponsesHead {
    private ResponsesHead() {}

    static Json.Obj of(String id, String status, Answering as) {
        ChatRequest request = as.request();
        Json.Obj head = new Json.Obj()
                .put("id", id)
                .put("object", "response")
                .put("created_at", as.epochSecond())
                .put("status", status)
                .put("background", false)
                .putNull("error")
                .putNull("incomplete_details")
                .put("instructions", instructions(request));
        Long limit = request.sampling().maxOutput();
        head.put("max_output_tokens", limit == null ? Json.Null.NULL : Json.Num.of(limit));
        return head.put("model", as.model())
                .put("output", new Json.Arr())
                .put("parallel_tool_calls", !Boolean.FALSE.equals(request.parallelCalls()))
                .putNull("previous_response_id")
                .put("reasoning", reasoning(request.thinking()))
                .put("store", false)
                .put("temperature", number(request.sampling().temperature()))
                .put("text", new Json.Obj().put("format", format(request.format())))
                .put("tool_choice", choice(request.choice()))
                .put("tools", tools(request))
                .put("top_p", number(request.sampling().topP()))
                .put("truncation", "disabled")
                .put("metadata", metadata(request));
    }

    private static Json metadata(ChatRequest request) {
        Json.Obj metadata = request.audience().metadata();
        return metadata == null ? new Json.Obj() : metadata;
    }

    private static Json instructions(ChatRequest request) {
        if (!request.turns().isEmpty()) {
            Turn first = request.turns().get(0);
            if (first.at().path().equals("instructions")) {
                return new Json.Str(ResponsesTurns.joined(first));
            }
        }
        return Json.Null.NULL;
    }

    private static Json.Obj reasoning(Thinking thinking) {
        Thinking.Level level = Efforts.levelOf(thinking);
        return new Json.Obj()
                .put("effort", level == null ? Json.Null.NULL : new Json.Str(Efforts.word(level)))
                .putNull("summary");
    }

    private static Json number(Json.@Nullable Num number) {
        return number == null ? new Json.Num("1.0") : number;
    }

    private static Json.Obj format(@Nullable OutputFormat format) {
        if (format instanceof OutputFormat.Schema schema) {
            return new Json.Obj()
                    .put("type", "json_schema")
                    .put("name", schema.name() == null ? "response" : schema.name())
                    .put("schema", schema.schema())
                    .put("strict", Boolean.TRUE.equals(schema.strict()));
        }
        return new Json.Obj().put("type", format == null ? "text" : "json_object");
    }

    private static Json choice(@Nullable ToolChoice choice) {
        if (choice instanceof ToolChoice.Named named) {
            return new Json.Obj().put("type", "function").put("name", named.name());
        }
        if (choice instanceof ToolChoice.Allowed allowed) {
            return new Json.Str(allowed.required() ? "required" : "auto");
        }
        return new Json.Str(
                choice instanceof ToolChoice.Mode mode ? io.llmproxy.convert.codec.Tools.openaiWord(mode) : "auto");
    }

    private static Json.Arr tools(ChatRequest request) {
        Json.Arr tools = new Json.Arr();
        for (Tool tool : request.tools()) {
            Json raw = tool.at().json();
            if (raw instanceof Json.Obj object && tool instanceof Tool.Function) {
                Json.Obj whole = new Json.Obj();
                object.members().forEach(whole::put);
                whole.members().putIfAbsent("strict", Json.Bool.FALSE);
                whole.members().putIfAbsent("parameters", Json.Null.NULL);
                tools.add(whole);
            } else if (raw != null) {
                tools.add(raw);
            }
        }
        return tools;
    }
}
