package io.llmproxy.convert.messages;

import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.Conversation;
import io.llmproxy.convert.codec.Extras;
import io.llmproxy.convert.codec.StrictSchemas;
import io.llmproxy.convert.codec.Tools;
import io.llmproxy.convert.codec.Users;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.OutputFormat;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Sampling;
import io.llmproxy.convert.model.Tool;
import io.llmproxy.convert.model.ToolChoice;
import io.llmproxy.convert.model.Turn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Asks an upstream that speaks Messages. */
final class MessagesRequestEncoder {
    private static final String ONE_OBJECT =
            "Answer with one JSON object only: no other text before or after it, and no code fence.";

    private final ChatRequest request;
    private final Attempt attempt;
    private final CacheMarks marks = new CacheMarks();
    private final Json.Arr system = new Json.Arr();

    MessagesRequestEncoder(ChatRequest request, Attempt attempt) {
        this.request = request;
        this.attempt = attempt;
    }

    Json.Obj encode() {
        List<Turn> turns = Conversation.arrange(request.turns(), attempt.notes());
        Json.Arr tools = tools();
        int first = leading(turns);
        MessagesTurns messages = new MessagesTurns(attempt, marks);
        if (first == turns.size() && !system.isEmpty()) {
            messages.begin(system.items().remove(system.items().size() - 1));
            attempt.notes().emulated("messages");
        }
        messages.add(turns.subList(first, turns.size()));
        long limit = limit();
        MessagesThinking thinking = new MessagesThinking(request, attempt, limit, messages.lacksThought());

        Json.Obj body = new Json.Obj();
        if (!attempt.vertex()) {
            body.put("model", attempt.model());
        }
        body.put("max_tokens", limit);
        Json.Obj output = new Json.Obj();
        thinking.write(body, output);
        format(output);
        body.put("system", system.isEmpty() ? null : system).put("messages", messages.written());
        sampling(body, thinking.isOn());
        if (!tools.isEmpty()) {
            body.put("tools", tools).put("tool_choice", choice());
        }
        body.put("output_config", output.isEmpty() ? null : output);
        audience(body);
        if (request.stream()) {
            body.put("stream", true);
        }
        if (attempt.vertex()) {
            body.put("anthropic_version", "vertex-2023-10-16");
        }
        marks.keepLast();
        Extras.write(request.extras(), attempt, body);
        return body;
    }

    private int leading(List<Turn> turns) {
        int index = 0;
        while (index < turns.size() && turns.get(index).role().instructs()) {
            for (Part part : turns.get(index++).parts()) {
                if (part instanceof Part.Text text && !text.text().isBlank()) {
                    system.add(marks.mark(new Json.Obj().put("type", "text").put("text", text.text()), text.cache()));
                }
            }
        }
        return index;
    }

    private long limit() {
        Long given = request.sampling().maxOutput();
        long most = attempt.capabilities().maxOutput();
        long usual = attempt.policy().defaultMaxTokens();
        return given != null ? given : most > 0 ? Math.min(most, usual) : usual;
    }

    private void format(Json.Obj output) {
        OutputFormat format = request.format();
        if (format == OutputFormat.AnyObject.INSTANCE) {
            attempt.notes().weakened("response_format", "JSON mode without a schema is not supported");
            instruct(ONE_OBJECT);
        } else if (format instanceof OutputFormat.Schema schema
                && attempt.capabilities().structured()) {
            output.put(
                    "format",
                    new Json.Obj().put("type", "json_schema").put("schema", StrictSchemas.of(schema.schema())));
        } else if (format instanceof OutputFormat.Schema schema) {
            attempt.notes().weakened("response_format", "the model does not support schemas");
            instruct(ONE_OBJECT + " It must obey this JSON Schema: "
                    + schema.schema().text());
        }
    }

    private void instruct(String text) {
        system.add(new Json.Obj().put("type", "text").put("text", text));
    }

    private void sampling(Json.Obj body, boolean thinks) {
        Sampling sampling = request.sampling();
        if (sampling.choices() != null && sampling.choices() > 1) {
            throw attempt.notes().unsupported("n", "only one answer (n = 1) is supported");
        }
        temperature(body, sampling, thinks);
        if (sampling.topK() != null && thinks) {
            attempt.notes().dropped("top_k");
        } else {
            body.put("top_k", sampling.topK());
        }
        List<String> stops = new ArrayList<>(sampling.stop());
        if (stops.removeIf(String::isBlank)) {
            attempt.notes().dropped("stop");
        }
        body.put("stop_sequences", stops.isEmpty() ? null : Json.Arr.ofStrings(stops));
        drop(sampling.seed(), "seed");
        drop(sampling.frequencyPenalty(), "frequency_penalty");
        drop(sampling.presencePenalty(), "presence_penalty");
        drop(sampling.verbosity(), "verbosity");
        if (sampling.logprobs()) {
            attempt.notes().lost("logprobs", "log probabilities are not available");
        }
    }

    private void temperature(Json.Obj body, Sampling sampling, boolean thinks) {
        Json.Num temperature = sampling.temperature();
        if (temperature != null && temperature.asDouble() > 1) {
            temperature = new Json.Num("1");
            attempt.notes().clamped("temperature");
        }
        if (temperature != null && thinks && temperature.asDouble() != 1) {
            temperature = null;
            attempt.notes().dropped("temperature");
        }
        Json.Num topP = sampling.topP();
        boolean unfit = topP != null && thinks && topP.asDouble() < 0.95;
        boolean both = temperature != null && !attempt.capabilities().temperatureWithTopP();
        if (topP != null && (unfit || both)) {
            topP = null;
            attempt.notes().dropped("top_p");
        }
        body.put("temperature", temperature).put("top_p", topP);
    }

    private void drop(@Nullable Object value, String name) {
        if (value != null) {
            attempt.notes().dropped(name);
        }
    }

    private Json.Arr tools() {
        Json.Arr tools = new Json.Arr();
        for (Tool tool : Tools.declared(request, attempt)) {
            if (tool instanceof Tool.Function function && isAllowed(function)) {
                Json.Obj schema = Tools.schema(function.schema());
                if (!"object".equals(schema.string("type"))) {
                    schema = rooted(schema, function);
                }
                Json.Obj written = new Json.Obj()
                        .put("name", attempt.names().up(function.namespace(), function.name()))
                        .put("description", function.description())
                        .put("input_schema", schema);
                if (function.strict() != null && function.strict()) {
                    written.put("strict", true);
                }
                tools.add(marks.mark(written, function.cache()));
            } else if (tool instanceof Tool.Hosted) {
                tools.add(new Json.Obj().put("type", "web_search_20250305").put("name", "web_search"));
            }
        }
        return tools;
    }

    private Json.Obj rooted(Json.Obj schema, Tool.Function function) {
        if (schema.get("type") != null || schema.get("anyOf") != null || schema.get("oneOf") != null) {
            throw attempt.notes().unsupported(function.at().path(), "the schema must be of an object");
        }
        Json.Obj rooted = new Json.Obj().put("type", "object");
        schema.members().forEach(rooted::put);
        return rooted;
    }

    private boolean isAllowed(Tool.Function function) {
        return !(request.choice() instanceof ToolChoice.Allowed allowed)
                || allowed.names().contains(function.name());
    }

    private @Nullable Json choice() {
        if (Tools.areMadeUp(request, attempt)) {
            return new Json.Obj().put("type", "none");
        }
        ToolChoice choice = Tools.choice(request, attempt);
        boolean alone = Boolean.FALSE.equals(request.parallelCalls());
        if (choice == null && !alone) {
            return null;
        }
        Json.Obj written = new Json.Obj();
        if (choice instanceof ToolChoice.Named named) {
            written.put("type", "tool").put("name", Tools.up(named.name(), request, attempt));
        } else if (choice instanceof ToolChoice.Allowed allowed) {
            attempt.notes().emulated("tool_choice");
            written.put("type", allowed.required() ? "any" : "auto");
        } else if (choice == ToolChoice.Mode.REQUIRED) {
            written.put("type", "any");
        } else {
            written.put("type", choice == ToolChoice.Mode.NONE ? "none" : "auto");
        }
        if (alone && choice != ToolChoice.Mode.NONE) {
            written.put("disable_parallel_tool_use", true);
        }
        return written;
    }

    private void audience(Json.Obj body) {
        String user = Users.id(request.audience().id(), attempt.policy());
        body.put("metadata", user == null ? null : new Json.Obj().put("user_id", user));
        drop(request.audience().metadata(), "metadata");
        drop(request.cacheKey(), "prompt_cache_key");
        body.put("service_tier", Users.anthropicTier(request.tier(), attempt.notes()));
    }
}
