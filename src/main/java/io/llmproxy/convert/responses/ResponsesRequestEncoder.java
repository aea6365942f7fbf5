package io.llmproxy.convert.responses;

import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.Conversation;
import io.llmproxy.convert.codec.Efforts;
import io.llmproxy.convert.codec.Extras;
import io.llmproxy.convert.codec.Tools;
import io.llmproxy.convert.codec.Users;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.OutputFormat;
import io.llmproxy.convert.model.Sampling;
import io.llmproxy.convert.model.Thinking;
import io.llmproxy.convert.model.Tool;
import io.llmproxy.convert.model.ToolChoice;
import io.llmproxy.convert.model.Turn;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Asks an upstream that speaks Responses. */
final class ResponsesRequestEncoder {
    private final ChatRequest request;
    private final Attempt attempt;

    ResponsesRequestEncoder(ChatRequest request, Attempt attempt) {
        this.request = request;
        this.attempt = attempt;
    }

    Json.Obj encode() {
        List<Turn> turns = Conversation.arrange(request.turns(), attempt.notes());
        Json.Obj body = new Json.Obj().put("model", attempt.model());
        ResponsesTurns items = new ResponsesTurns(attempt);
        int first = 0;
        if (turns.size() > 1 && turns.get(0).role().instructs() && !items.keepsMarks(turns.get(0))) {
            first = 1;
            body.put("instructions", items.instruction(turns.get(0)));
        }
        turns.subList(first, turns.size()).forEach(items::add);
        body.put("input", items.written());
        Json.Arr include = new Json.Arr();
        sampling(body, include);
        reasoning(body, include);
        text(body);
        tools(body);
        body.put("metadata", request.audience().metadata());
        body.put("safety_identifier", Users.id(request.audience().id(), attempt.policy()));
        body.put("prompt_cache_key", request.cacheKey());
        body.put("service_tier", Users.openaiTier(request.tier(), attempt.notes()));
        body.put("store", false);
        body.put("include", include.isEmpty() ? null : include);
        if (request.stream()) {
            body.put("stream", true);
        }
        Extras.write(request.extras(), attempt, body);
        return body;
    }

    private void sampling(Json.Obj body, Json.Arr include) {
        Sampling sampling = request.sampling();
        if (sampling.maxOutput() != null) {
            body.put("max_output_tokens", sampling.maxOutput());
        }
        body.put("temperature", sampling.temperature()).put("top_p", sampling.topP());
        if (sampling.choices() != null && sampling.choices() > 1) {
            throw attempt.notes().unsupported("n", "only one answer (n = 1) is supported");
        }
        if (!sampling.stop().isEmpty()) {
            attempt.notes().lost("stop", "stop strings are not supported");
        }
        drop(sampling.topK(), "top_k");
        drop(sampling.seed(), "seed");
        drop(sampling.frequencyPenalty(), "frequency_penalty");
        drop(sampling.presencePenalty(), "presence_penalty");
        if (sampling.logprobs()) {
            body.put("top_logprobs", sampling.topLogprobs() == null ? 0 : sampling.topLogprobs());
            include.add("message.output_text.logprobs");
        }
    }

    private void drop(@Nullable Object value, String name) {
        if (value != null) {
            attempt.notes().dropped(name);
        }
    }

    private void reasoning(Json.Obj body, Json.Arr include) {
        Thinking thinking = request.thinking();
        Thinking.Level level = Efforts.levelOf(thinking);
        if (attempt.capabilities().efforts().isEmpty()) {
            if (!thinking.isUnsaid() && !thinking.isOff()) {
                attempt.notes().dropped("reasoning");
            }
            return;
        }
        Thinking.Level fitting =
                level == null ? null : Efforts.fit(level, attempt.capabilities().efforts());
        Json.Obj reasoning = new Json.Obj().put("effort", fitting == null ? null : Efforts.word(fitting));
        boolean thinks = attempt.capabilities().reasons() || !thinking.isUnsaid();
        if (thinks && !thinking.isOff()) {
            reasoning.put("summary", Boolean.TRUE.equals(thinking.show()) ? "auto" : null);
            include.add("reasoning.encrypted_content");
        }
        body.put("reasoning", reasoning.isEmpty() ? null : reasoning);
    }

    private void text(Json.Obj body) {
        Json.Obj text = new Json.Obj();
        OutputFormat format = request.format();
        if (format == OutputFormat.AnyObject.INSTANCE) {
            text.put("format", new Json.Obj().put("type", "json_object"));
        } else if (format instanceof OutputFormat.Schema schema) {
            Json.Obj written = new Json.Obj()
                    .put("type", "json_schema")
                    .put("name", schema.name() == null ? "response" : schema.name())
                    .put("description", schema.description())
                    .put("schema", schema.schema());
            text.put("format", written.put("strict", Boolean.TRUE.equals(schema.strict())));
        }
        text.put("verbosity", request.sampling().verbosity());
        body.put("text", text.isEmpty() ? null : text);
    }

    private void tools(Json.Obj body) {
        Json.Arr tools = new Json.Arr();
        for (Tool tool : Tools.declared(request, attempt)) {
            if (tool instanceof Tool.Function function) {
                if (function.cache() != null) {
                    attempt.notes().dropped("cache_control");
                }
                tools.add(new Json.Obj()
                        .put("type", "function")
                        .put("name", attempt.names().up(function.namespace(), function.name()))
                        .put("description", function.description())
                        .put("parameters", Tools.schema(function.schema()))
                        // Without it OpenAI is strict, and models fill every argument.
                        .put("strict", Boolean.TRUE.equals(function.strict())));
            } else if (tool instanceof Tool.Custom custom) {
                tools.add(new Json.Obj()
                        .put("type", "custom")
                        .put("name", attempt.names().up(custom.namespace(), custom.name()))
                        .put("description", custom.description())
                        .put("format", format(custom.format())));
            } else {
                tools.add(new Json.Obj().put("type", "web_search"));
            }
        }
        if (!tools.isEmpty()) {
            body.put("tools", tools).put("tool_choice", choice(Tools.choice(request, attempt)));
            if (request.parallelCalls() != null) {
                body.put("parallel_tool_calls", request.parallelCalls());
            }
        }
    }

    /** In a chat, a grammar stands in an object of its own. */
    private static @Nullable Json format(@Nullable Json format) {
        if (!(format instanceof Json.Obj object) || object.object("grammar") == null) {
            return format;
        }
        Json.Obj flat = new Json.Obj().put("type", "grammar");
        Json.Obj grammar = object.object("grammar");
        if (grammar != null) {
            grammar.members().forEach(flat::put);
        }
        return flat;
    }

    private @Nullable Json choice(@Nullable ToolChoice choice) {
        if (choice instanceof ToolChoice.Mode mode) {
            return new Json.Str(Tools.openaiWord(mode));
        }
        if (choice instanceof ToolChoice.Named named) {
            return named(named.name());
        }
        if (choice instanceof ToolChoice.Allowed allowed) {
            Json.Arr names = new Json.Arr();
            allowed.names().forEach(name -> names.add(named(name)));
            return new Json.Obj()
                    .put("type", "allowed_tools")
                    .put("mode", allowed.required() ? "required" : "auto")
                    .put("tools", names);
        }
        return null;
    }

    private Json.Obj named(String name) {
        boolean custom = request.tools().stream()
                .anyMatch(tool -> tool instanceof Tool.Custom && tool.name().equals(name));
        return new Json.Obj().put("type", custom ? "custom" : "function").put("name", Tools.up(name, request, attempt));
    }
}
