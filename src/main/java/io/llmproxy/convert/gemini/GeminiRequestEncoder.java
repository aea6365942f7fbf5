package io.llmproxy.convert.gemini;

import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.Capabilities.ThinkingControl;
import io.llmproxy.convert.codec.Conversation;
import io.llmproxy.convert.codec.Efforts;
import io.llmproxy.convert.codec.Extras;
import io.llmproxy.convert.codec.GeminiSchemas;
import io.llmproxy.convert.codec.Tools;
import io.llmproxy.convert.codec.Users;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.ChatRequest;
import io.llmproxy.convert.model.OutputFormat;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Sampling;
import io.llmproxy.convert.model.Thinking;
import io.llmproxy.convert.model.Tool;
import io.llmproxy.convert.model.ToolChoice;
import io.llmproxy.convert.model.Turn;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Asks an upstream that speaks generateContent. */
final class GeminiRequestEncoder {
    private static final int MOST_STOPS = 5;
    private static final String ONE_OBJECT =
            "Answer with one JSON object only: no other text before or after it, and no code fence.";

    private final ChatRequest request;
    private final Attempt attempt;
    private final Json.Arr instructions = new Json.Arr();

    GeminiRequestEncoder(ChatRequest request, Attempt attempt) {
        this.request = request;
        this.attempt = attempt;
    }

    Json.Obj encode() {
        List<Turn> turns = Conversation.arrange(request.turns(), attempt.notes());
        Json.Arr tools = tools();
        int first = leading(turns);
        GeminiTurns contents = new GeminiTurns(attempt);
        if (first == turns.size() && !instructions.isEmpty()) {
            contents.begin(instructions.items().remove(instructions.items().size() - 1));
            attempt.notes().emulated("messages");
        }
        contents.add(turns.subList(first, turns.size()));
        Json.Obj config = new Json.Obj();
        sampling(config);
        format(config, !tools.isEmpty());
        config.put("thinkingConfig", thinking());
        Json.Obj body = new Json.Obj().put("contents", contents.written());
        if (!instructions.isEmpty()) {
            body.put("systemInstruction", new Json.Obj().put("parts", instructions));
        }
        if (!tools.isEmpty()) {
            body.put("tools", tools).put("toolConfig", choice());
        }
        body.put("generationConfig", config.isEmpty() ? null : config);
        body.put("serviceTier", Users.googleTier(request.tier(), attempt.notes()));
        drop(request.audience().id(), "user");
        drop(request.audience().metadata(), "metadata");
        drop(request.cacheKey(), "prompt_cache_key");
        Extras.write(request.extras(), attempt, body);
        return body;
    }

    private int leading(List<Turn> turns) {
        int index = 0;
        while (index < turns.size() && turns.get(index).role().instructs()) {
            for (Part part : turns.get(index++).parts()) {
                if (part instanceof Part.Text text && !text.text().isEmpty()) {
                    if (text.cache() != null) {
                        attempt.notes().dropped("cache_control");
                    }
                    instructions.add(new Json.Obj().put("text", text.text()));
                }
            }
        }
        return index;
    }

    private void drop(@Nullable Object value, String name) {
        if (value != null) {
            attempt.notes().dropped(name);
        }
    }

    private void sampling(Json.Obj config) {
        Sampling sampling = request.sampling();
        if (sampling.maxOutput() != null) {
            config.put("maxOutputTokens", sampling.maxOutput());
        }
        config.put("temperature", sampling.temperature())
                .put("topP", sampling.topP())
                .put("topK", sampling.topK());
        List<String> stops = sampling.stop();
        if (stops.size() > MOST_STOPS) {
            attempt.notes().lost("stop", "at most 5 stop strings are taken");
        }
        if (!stops.isEmpty()) {
            config.put("stopSequences", Json.Arr.ofStrings(stops.subList(0, Math.min(MOST_STOPS, stops.size()))));
        }
        if (sampling.seed() != null) {
            double seed = sampling.seed().asDouble();
            if (seed == Math.rint(seed) && Math.abs(seed) <= Integer.MAX_VALUE) {
                config.put("seed", sampling.seed());
            } else {
                attempt.notes().dropped("seed");
            }
        }
        if (sampling.choices() != null && sampling.choices() > 1) {
            config.put("candidateCount", sampling.choices());
        }
        config.put("frequencyPenalty", sampling.frequencyPenalty()).put("presencePenalty", sampling.presencePenalty());
        if (sampling.logprobs()) {
            config.put("responseLogprobs", true);
            if (sampling.topLogprobs() != null) {
                config.put("logprobs", sampling.topLogprobs());
            }
        }
        drop(sampling.verbosity(), "verbosity");
    }

    private void format(Json.Obj config, boolean tools) {
        OutputFormat format = request.format();
        if (format == null) {
            return;
        }
        if (tools && !attempt.capabilities().structuredWithTools()) {
            attempt.notes().weakened("response_format", "the model does not support a format together with tools");
            String schema = format instanceof OutputFormat.Schema told
                    ? " It must obey this JSON Schema: " + told.schema().text()
                    : "";
            instructions.add(new Json.Obj().put("text", ONE_OBJECT + schema));
            return;
        }
        config.put("responseMimeType", "application/json");
        if (format instanceof OutputFormat.Schema schema) {
            Json.Obj own = ownForm(schema.schema());
            if (own == null) {
                config.put("responseJsonSchema", GeminiSchemas.jsonSchema(schema.schema()));
            } else {
                config.put("responseSchema", own);
            }
        }
    }

    private Json.@Nullable Obj thinking() {
        ThinkingControl control = attempt.capabilities().thinkingControl();
        Thinking wish = request.thinking();
        if (control == ThinkingControl.NONE) {
            drop(wish.isUnsaid() ? null : wish, "thinking");
            return null;
        }
        Json.Obj config = new Json.Obj();
        if (!wish.isUnsaid()) {
            if (control == ThinkingControl.LEVEL) {
                config.put("thinkingLevel", level(Efforts.levelOf(wish)));
            } else {
                config.put("thinkingBudget", budget(wish));
            }
        }
        if (attempt.wantsReasoning() && !wish.isOff()) {
            config.put("includeThoughts", true);
        }
        return config.isEmpty() ? null : config;
    }

    private String level(Thinking.@Nullable Level level) {
        if (level == null) {
            return "HIGH";
        }
        boolean pro = attempt.model().contains("pro");
        return switch (level) {
            case NONE, MINIMAL -> pro ? "LOW" : "MINIMAL";
            case LOW -> "LOW";
            case MEDIUM -> "MEDIUM";
            default -> "HIGH";
        };
    }

    private long budget(Thinking wish) {
        Long given = wish.level() == null ? wish.budget() : null;
        Thinking.Level level = Efforts.levelOf(wish);
        long budget = given != null ? given : Efforts.budget(level == null ? Thinking.Level.MEDIUM : level);
        // The larger models cannot do without thinking.
        return budget == 0 && attempt.model().contains("pro") ? 128 : Math.min(budget, 32768);
    }

    private Json.Arr tools() {
        Json.Arr functions = new Json.Arr();
        Json.Arr tools = new Json.Arr();
        for (Tool tool : Tools.declared(request, attempt)) {
            if (tool instanceof Tool.Function function && isAllowed(function)) {
                functions.add(function(function));
            } else if (tool instanceof Tool.Hosted) {
                tools.add(new Json.Obj().put("googleSearch", new Json.Obj()));
            }
        }
        if (!functions.isEmpty()) {
            tools.items().add(0, new Json.Obj().put("functionDeclarations", functions));
        }
        return tools;
    }

    private boolean isAllowed(Tool.Function function) {
        return !(request.choice() instanceof ToolChoice.Allowed allowed)
                || allowed.required()
                || allowed.names().contains(function.name());
    }

    private Json.Obj function(Tool.Function function) {
        if (Boolean.TRUE.equals(function.strict())) {
            attempt.notes().dropped(function.at().path() + ".strict");
        }
        if (function.cache() != null) {
            attempt.notes().dropped("cache_control");
        }
        Json.Obj written = new Json.Obj()
                .put("name", attempt.names().up(function.namespace(), function.name()))
                .put("description", function.description());
        Json.Obj schema = function.schema();
        if (schema == null || isEmpty(schema)) {
            return written;
        }
        if (schema.get("type") == null && schema.get("anyOf") != null) {
            throw attempt.notes().unsupported(function.at().path(), "the schema must be of an object");
        }
        Json.Obj own = ownForm(schema);
        return own == null
                ? written.put("parametersJsonSchema", GeminiSchemas.jsonSchema(schema))
                : written.put("parameters", own);
    }

    /** Returns a schema in Google's own form; null if it is to be JSON Schema, which takes any name of a property. */
    private Json.@Nullable Obj ownForm(Json.Obj schema) {
        if (attempt.capabilities().jsonSchemaTools()) {
            return null;
        }
        Json.Obj own = GeminiSchemas.own(schema);
        return GeminiSchemas.hasPlainNames(own) ? own : null;
    }

    private static boolean isEmpty(Json.Obj schema) {
        Json.Obj properties = schema.object("properties");
        return "object".equals(schema.string("type"))
                && (properties == null || properties.isEmpty())
                && schema.get("$ref") == null
                && schema.get("anyOf") == null
                && schema.get("allOf") == null;
    }

    private @Nullable Json choice() {
        if (Boolean.FALSE.equals(request.parallelCalls())) {
            attempt.notes().lost("parallel_tool_calls", "the model may ask for several tools at once");
        }
        Json.Obj calling = new Json.Obj();
        ToolChoice choice = Tools.areMadeUp(request, attempt) ? ToolChoice.Mode.NONE : Tools.choice(request, attempt);
        if (choice instanceof ToolChoice.Named named) {
            calling.put("mode", "ANY").put("allowedFunctionNames", new Json.Arr().add(up(named.name())));
        } else if (choice instanceof ToolChoice.Allowed allowed) {
            calling.put("mode", allowed.required() ? "ANY" : "AUTO");
            if (allowed.required()) {
                Json.Arr names = new Json.Arr();
                allowed.names().forEach(name -> names.add(up(name)));
                calling.put("allowedFunctionNames", names);
            } else {
                attempt.notes().emulated("tool_choice");
            }
        } else if (choice instanceof ToolChoice.Mode mode) {
            calling.put(
                    "mode",
                    switch (mode) {
                        case AUTO -> "AUTO";
                        case NONE -> "NONE";
                        case REQUIRED -> "ANY";
                    });
        } else {
            return null;
        }
        return new Json.Obj().put("functionCallingConfig", calling);
    }

    private String up(String name) {
        return Tools.up(name, request, attempt);
    }
}
